//! Settings that a policy may have, but that may be a mistake.

use super::Policy;

/// The client types that the registry's training names.
const USUAL_TYPES: [&str; 4] = ["IC", "IA", "DC", "PA"];

impl Policy {
    /// The settings that may be a mistake, each with why.
    pub fn oddities(&self) -> Vec<String> {
        let mut oddities = Vec::new();
        if !self.client_types.iter().any(|client_type| client_type.child && client_type.standard) {
            oddities.push(
                "no client type that shares standard immunizations is a child's: no consent ends on a birthday; \
                 give the children's type the key child = true"
                    .to_owned(),
            );
        }
        for client_type in &self.client_types {
            let name = &client_type.name;
            if !USUAL_TYPES.iter().any(|usual| usual.eq_ignore_ascii_case(name)) {
                let usual = USUAL_TYPES.join(", ");
                let meaning = if client_type.child { "is" } else { "is not" };
                oddities.push(format!(
                    "client type \"{name}\" is none of the registry's own ({usual}); it {meaning} taken for a child's"
                ));
            }
        }
        // All CVX codes are numbers.
        let codes = self.disaster.cvx.iter().chain(&self.rsv_cvx);
        oddities.extend(codes.filter(|code| !code.bytes().all(|byte| byte.is_ascii_digit())).map(|code| {
            format!("CVX code \"{code}\" is no number: it only fits where it is written just so")
        }));
        oddities
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn finds_what_is_odd() {
        let check = |text: &str, expect: &[&str]| {
            let policy = Policy::from_text(Path::new("p"), text.as_bytes()).unwrap();
            assert_eq!(policy.oddities(), expect, "{text}");
        };
        let no_child_type = "no client type that shares standard immunizations is a child's: no consent ends on a \
                             birthday; give the children's type the key child = true";
        let unusual = |name: &str, child: bool| {
            let is = if child { "is" } else { "is not" };
            format!(
                "client type \"{name}\" is none of the registry's own (IC, IA, DC, PA); it {is} taken for a child's"
            )
        };
        check("", &[]);
        check("[client_types.ic]\nstandard = true", &[]);
        check("[client_types.IC]\nstandard = true\nchild = false", &[no_child_type]);
        check("[client_types.IC]\ndisaster = true", &[no_child_type]);
        check(
            "[client_types.Child]\nstandard = true\n[client_types.Adult]\nstandard = true",
            &[no_child_type, &unusual("Child", false), &unusual("Adult", false)],
        );
        check("[client_types.Child]\nstandard = true\nchild = true", &[&unusual("Child", true)]);
        check(
            "[disaster]\ncvx = [\"CVX208\", \"0210\"]",
            &["CVX code \"CVX208\" is no number: it only fits where it is written just so"],
        );
    }
}
