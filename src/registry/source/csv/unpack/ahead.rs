//! Unpacking ahead of the thread that reads, on threads of their own.

use super::members::Members;
use super::pieces::{self, Cutter, Piece};
use super::{Limits, Packing};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, Scope};

/// So many parts of the text wait for the reader. They may be large.
const WAITING: usize = 1;

/// Members have been cut where there was none, or did not fit, so many times: from then on they are read in order.
const MOST_DOUBTS: usize = 4;

/// A text that is unpacked ahead.
pub(in super::super) struct Ahead {
    /// None when all of it has come.
    parts: Option<Receiver<Part>>,
    give_back: SyncSender<Vec<u8>>,
    thread: Option<JoinHandle<()>>,
    part: Vec<u8>,
    /// So much of `part` has been read.
    used: usize,
}

/// What comes from the thread that unpacks.
enum Part {
    Text(Vec<u8>),
    /// That was all. Without it a text that stops is not at its end.
    End,
    Failed(io::Error),
}

impl Ahead {
    /// Goes on with a file on a thread of its own, and with as many others for its members; gives it back if there is no
    /// thread to be had.
    pub(super) fn begin(
        members: Box<Members>,
        helpers: usize,
        limits: Limits,
    ) -> Result<Ahead, Box<Members>> {
        let (send, parts) = sync_channel(WAITING);
        let (give_back, recycled) = sync_channel(WAITING + helpers);
        // Handed over when the thread is there: what is moved into one that cannot be started is lost.
        let (hand_over, handed_over) = sync_channel(1);
        let work = move || {
            if let Ok(members) = handed_over.recv() {
                Pump { members, limits, send, recycled, filling: Vec::new(), filled: 0 }.run(helpers);
            }
        };
        match std::thread::Builder::new().spawn(work) {
            Ok(thread) => match hand_over.send(members) {
                Ok(()) => {
                    let parts = Some(parts);
                    Ok(Ahead { parts, give_back, thread: Some(thread), part: Vec::new(), used: 0 })
                }
                Err(back) => Err(back.0),
            },
            Err(_) => Err(members),
        }
    }

    /// Whether there is more text; fetches it.
    fn fetch(&mut self) -> io::Result<bool> {
        while self.used == self.part.len() {
            let Some(parts) = &self.parts else { return Ok(false) };
            match parts.recv() {
                Ok(Part::Text(text)) => {
                    let _ = self.give_back.try_send(std::mem::replace(&mut self.part, text));
                    self.used = 0;
                }
                Ok(Part::End) => self.parts = None,
                Ok(Part::Failed(error)) => {
                    self.parts = None;
                    return Err(error);
                }
                Err(_) => {
                    self.parts = None;
                    if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
                        std::panic::resume_unwind(panic);
                    }
                    return Err(io::Error::other("unpacking has stopped"));
                }
            }
        }
        Ok(true)
    }
}

impl Read for Ahead {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() || !self.fetch()? {
            return Ok(0);
        }
        let n = (&self.part[self.used..]).read(into)?;
        self.used += n;
        Ok(n)
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        // Nobody reads any more: the thread finds that out with the next part, and ends.
        self.parts = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What unpacks a file and sends its text.
struct Pump {
    members: Box<Members>,
    limits: Limits,
    send: SyncSender<Part>,
    recycled: Receiver<Vec<u8>>,
    /// The part that is being filled.
    filling: Vec<u8>,
    filled: usize,
}

/// Why unpacking stops before the end.
enum Stop {
    /// Nobody reads any more.
    NotWanted,
    /// A thread that unpacked a piece has panicked. It is told by its own panic.
    Panicked,
    Failed(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Failed(error)
    }
}

impl Pump {
    fn run(mut self, helpers: usize) {
        let last = std::thread::scope(|scope| {
            let unpacked = self.unpack(&mut Crew { scope, wanted: helpers, hired: None });
            match (unpacked, self.send_filled()) {
                (Ok(()), Ok(())) => Some(Part::End),
                (Err(Stop::Failed(error)), Ok(())) => Some(Part::Failed(error)),
                _ => None,
            }
        });
        if let Some(last) = last {
            let _ = self.send.send(last);
        }
    }

    fn unpack<'scope>(&mut self, crew: &mut Crew<'scope, '_>) -> Result<(), Stop> {
        let mut doubts = 0;
        loop {
            self.stream_member()?;
            if doubts < MOST_DOUBTS && self.unpack_pieces(crew)? == Pieces::Doubtful {
                doubts += 1;
            }
            if self.members.rest()?.is_none() {
                return Ok(());
            }
            self.members.begin_next()?;
        }
    }

    /// Unpacks the member that has been begun to its end.
    fn stream_member(&mut self) -> Result<(), Stop> {
        while !self.members.is_ended() {
            // One that comes back may have held a piece.
            self.filling.resize(self.limits.part, 0);
            self.filled += self.members.read_member(&mut self.filling[self.filled..])?;
            if self.filled == self.filling.len() {
                self.send_filled()?;
            }
        }
        Ok(())
    }

    fn send_filled(&mut self) -> Result<(), Stop> {
        if self.filled == 0 {
            return Ok(());
        }
        let mut part = std::mem::replace(&mut self.filling, self.recycled.try_recv().unwrap_or_default());
        part.truncate(self.filled);
        self.filled = 0;
        self.send(part)
    }

    fn send(&mut self, part: Vec<u8>) -> Result<(), Stop> {
        self.send.send(Part::Text(part)).map_err(|_| Stop::NotWanted)
    }

    /// Between two members: has pieces of some members each unpacked by others, as far as that goes.
    fn unpack_pieces<'scope>(&mut self, crew: &mut Crew<'scope, '_>) -> Result<Pieces, Stop> {
        let Some(rest) = self.members.rest()? else { return Ok(Pieces::Used) };
        let packing = self.members.packing();
        let mut cutter = Cutter::new(packing, self.limits, rest);
        let mut under_way: VecDeque<UnderWay> = VecDeque::new();
        let mut is_more = true;
        loop {
            while is_more && under_way.len() <= crew.wanted {
                let Some(piece) = cutter.next() else {
                    is_more = false;
                    break;
                };
                let buffer = self.recycled.try_recv().unwrap_or_default();
                let Some(piece) = crew.give(packing, piece, buffer, self.limits) else {
                    is_more = false;
                    break;
                };
                under_way.push_back(piece);
            }
            let Some(piece) = under_way.pop_front() else { return Ok(Pieces::Used) };
            match piece.text.recv() {
                Ok(Some(text)) => {
                    self.send_filled()?;
                    self.send(text)?;
                    self.members.skip_to(piece.end);
                }
                // Whatever was cut behind it may begin anywhere.
                Ok(None) => return Ok(Pieces::Doubtful),
                Err(_) => return Err(Stop::Panicked),
            }
        }
    }
}

/// What came of cutting.
#[derive(PartialEq, Eq)]
enum Pieces {
    /// All that were cut were used.
    Used,
    /// One was not.
    Doubtful,
}

/// A piece that is being unpacked.
struct UnderWay {
    end: u64,
    text: Receiver<Option<Vec<u8>>>,
}

/// A piece to unpack.
struct Task {
    packing: Packing,
    packed: Vec<u8>,
    buffer: Vec<u8>,
    limits: Limits,
    text: Sender<Option<Vec<u8>>>,
}

/// The threads that unpack pieces. They are there from the first piece on.
struct Crew<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    wanted: usize,
    hired: Option<Sender<Task>>,
}

impl Crew<'_, '_> {
    /// Gives a piece to whoever is free; none if there is no thread to be had.
    fn give(&mut self, packing: Packing, piece: Piece, buffer: Vec<u8>, limits: Limits) -> Option<UnderWay> {
        if self.hired.is_none() {
            self.hire();
        }
        let (text, receive) = channel();
        let task = Task { packing, packed: piece.packed, buffer, limits, text };
        self.hired.as_ref()?.send(task).ok()?;
        Some(UnderWay { end: piece.end, text: receive })
    }

    fn hire(&mut self) {
        let (send, tasks) = channel::<Task>();
        let tasks = Arc::new(Mutex::new(tasks));
        for _ in 0..self.wanted {
            let tasks = Arc::clone(&tasks);
            let work = move || {
                while let Some(Task { packing, packed, buffer, limits, text }) = next_of(&tasks) {
                    // Nobody waits for a piece behind a doubtful one.
                    let _ = text.send(pieces::unpack(packing, &packed, buffer, &limits));
                }
            };
            // Fewer do it too; without any, nothing can be given.
            if std::thread::Builder::new().spawn_scoped(self.scope, work).is_err() {
                break;
            }
        }
        self.hired = Some(send);
    }
}

fn next_of(tasks: &Mutex<Receiver<Task>>) -> Option<Task> {
    tasks.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text whose thread does this.
    fn ahead(work: impl FnOnce(SyncSender<Part>) + Send + 'static) -> Ahead {
        let (send, parts) = sync_channel(WAITING);
        let (give_back, _) = sync_channel(WAITING);
        let thread = std::thread::spawn(move || work(send));
        Ahead { parts: Some(parts), give_back, thread: Some(thread), part: Vec::new(), used: 0 }
    }

    #[test]
    fn a_text_that_only_stops_is_not_at_its_end() {
        let send = |send: &SyncSender<Part>, part| send.send(part).unwrap_or_default();
        let mut text = Vec::new();
        let mut whole = ahead(move |to| {
            send(&to, Part::Text(b"17,".to_vec()));
            send(&to, Part::Text(b"IA\n".to_vec()));
            send(&to, Part::End);
        });
        assert_eq!(whole.read_to_end(&mut text).unwrap(), 6);
        assert_eq!(whole.read(&mut [0; 9]).unwrap(), 0);
        let mut stopped = ahead(move |to| send(&to, Part::Text(b"17,".to_vec())));
        assert!(stopped.read_to_end(&mut text).is_err());
        let read = std::panic::catch_unwind(|| {
            ahead(move |to| {
                send(&to, Part::Text(b"17,".to_vec()));
                panic!("as any bug might");
            })
            .read_to_end(&mut Vec::new())
        });
        assert!(read.is_err());
    }
}
