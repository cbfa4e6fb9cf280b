//! What is permitted in a policy, and still worth a second look.

use super::Policy;
use std::fmt;

/// The client types that the registry's training names.
const USUAL_TYPES: [&str; 4] = ["IC", "IA", "DC", "PA"];

/// Something in a policy that is permitted, and may not be what its writer meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Oddity {
    /// No client type that shares standard immunizations is a child's: nobody's consent ends with childhood.
    NoChildType,
    /// A client type that the training does not name.
    UnusualType {
        /// The type.
        name: String,
        /// Whether it is a child's.
        child: bool,
    },
    /// A CVX code that is no number, as all of them are.
    UnusualCode {
        /// The code.
        code: String,
    },
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Oddity::NoChildType => f.write_str(
                "no client type that shares standard immunizations is a child's: no consent ends on a birthday; \
                 give the children's type the key child = true",
            ),
            Oddity::UnusualCode { code } => {
                write!(f, "CVX code \"{code}\" is no number: it only fits where it is written just so")
            }
            Oddity::UnusualType { name, child } => {
                let usual = USUAL_TYPES.join(", ");
                let meaning = if *child { "is" } else { "is not" };
                write!(
                    f,
                    "client type \"{name}\" is none of the registry's own ({usual}); it {meaning} taken for a child's"
                )
            }
        }
    }
}

impl Policy {
    /// What is worth a second look.
    pub fn oddities(&self) -> Vec<Oddity> {
        let mut found = Vec::new();
        if !self.client_types.iter().any(|client_type| client_type.child && client_type.standard) {
            found.push(Oddity::NoChildType);
        }
        let is_usual = |name: &str| USUAL_TYPES.iter().any(|usual| usual.eq_ignore_ascii_case(name));
        let unusual = self.client_types.iter().filter(|client_type| !is_usual(&client_type.name));
        found.extend(unusual.map(|t| Oddity::UnusualType { name: t.name.clone(), child: t.child }));
        let codes = self.disaster.cvx.iter().chain(&self.rsv_cvx);
        let unusual = codes.filter(|code| !code.bytes().all(|byte| byte.is_ascii_digit()));
        found.extend(unusual.map(|code| Oddity::UnusualCode { code: code.clone() }));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn finds_what_is_odd() {
        let check = |text: &str, expect: &[Oddity]| {
            let policy = Policy::from_text(Path::new("p"), text.as_bytes()).unwrap();
            assert_eq!(policy.oddities(), expect, "{text}");
        };
        let unusual = |name: &str, child| Oddity::UnusualType { name: name.to_owned(), child };
        check("", &[]);
        check("[client_types.ic]\nstandard = true", &[]);
        check("[client_types.IC]\nstandard = true\nchild = false", &[Oddity::NoChildType]);
        check("[client_types.IC]\ndisaster = true", &[Oddity::NoChildType]);
        check(
            "[client_types.Child]\nstandard = true\n[client_types.Adult]\nstandard = true",
            &[Oddity::NoChildType, unusual("Child", false), unusual("Adult", false)],
        );
        check("[client_types.Child]\nstandard = true\nchild = true", &[unusual("Child", true)]);
        check(
            "[disaster]\ncvx = [\"CVX208\", \"0210\"]",
            &[Oddity::UnusualCode { code: "CVX208".to_owned() }],
        );
    }
}
