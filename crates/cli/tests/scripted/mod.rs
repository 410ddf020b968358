//! A scheduler that answers one reply after the other, and remembers what it was asked; and the program under test.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// Every command here ends by itself long before.
const DEADLINE: Duration = Duration::from_secs(60);

/// What is answered.
#[derive(Clone)]
pub(crate) enum Reply {
    /// A status, a content type, a body.
    Whole(u16, &'static str, String),
    /// The connection is closed after the request was read.
    Cut,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::Whole(status, "application/json", body.to_owned())
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::Whole(status, "text/plain", format!("{body}\n"))
    }
}

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// The scheduler. Its thread ends with the last reply, or with the test.
pub(crate) struct Scheduler {
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scheduler {
    pub(crate) fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let noted = Arc::clone(&asked);
        thread::spawn(move || {
            for reply in replies {
                let (stream, _) = listener.accept().unwrap();
                noted.lock().unwrap().push(read(&stream));
                answer(stream, &reply);
            }
        });
        Self { address, asked }
    }

    pub(crate) fn requests(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Asked {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "a head without end: {head}");
    }
    let mut asked = Asked { head, body: String::new() };
    let length = asked.header("content-length").map_or(0, |length| length.parse().unwrap());
    reader.take(length).read_to_string(&mut asked.body).unwrap();
    asked
}

fn answer(mut stream: TcpStream, reply: &Reply) {
    let Reply::Whole(status, media, body) = reply else { return };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {media}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    // The program may have left already; the test then looks at its outcome.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
}

/// What became of the program.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn run(scheduler: &Scheduler, words: &[&str]) -> Done {
    run_with(&scheduler.address, words, &[])
}

pub(crate) fn run_with(api: &str, words: &[&str], environment: &[(&str, &str)]) -> Done {
    // Files, because nobody empties a pipe while we wait.
    let (mut stdout, mut stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    let mut child = Command::new(env!("CARGO_BIN_EXE_mysos"))
        .args(words)
        .env_clear()
        .env("MYSOS_API", api)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(stdout.try_clone().unwrap())
        .stderr(stderr.try_clone().unwrap())
        .spawn()
        .unwrap();
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > DEADLINE {
            child.kill().unwrap();
            panic!("mysos {words:?} did not end");
        }
        thread::sleep(Duration::from_millis(10));
    };
    Done { code: status.code().unwrap_or(-1), stdout: text(&mut stdout), stderr: text(&mut stderr) }
}

fn text(file: &mut File) -> String {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}
