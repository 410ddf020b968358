//! The HTTP interface, as curl would use it.

use std::{collections::BTreeMap, time::Duration};

use reqwest::header::HeaderValue;
use serde_json::Value;
use tokio::runtime::Runtime;

/// How long one request may take.
const LIMIT: Duration = Duration::from_secs(20);

/// A client of one scheduler.
pub struct Api<'a> {
    url: String,
    client: reqwest::Client,
    runtime: &'a Runtime,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// What a creation answers.
#[derive(Debug, Clone)]
pub struct Created {
    /// The owner's password.
    pub password: String,
    /// Where clients find the members.
    pub url: String,
}

impl<'a> Api<'a> {
    pub(crate) fn new(url: String, runtime: &'a Runtime) -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(LIMIT).build().expect("a client");
        Self { url, client, runtime }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A request with a form, or without a body.
    pub fn send(&self, method: &str, path: &str, form: &[(&str, &str)]) -> Result<Answer, String> {
        let method = method.parse::<reqwest::Method>().expect("a method");
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if !form.is_empty() {
            let body: Vec<String> =
                form.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
            request =
                request.header("content-type", "application/x-www-form-urlencoded").body(body.join("&"));
        }
        self.answer(request)
    }

    fn answer(&self, request: reqwest::RequestBuilder) -> Result<Answer, String> {
        self.runtime.block_on(async {
            let response = request.send().await.map_err(|error| error.to_string())?;
            let status = response.status().as_u16();
            let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value)));
            let headers = headers.collect();
            let body = response.text().await.map_err(|error| error.to_string())?;
            Ok(Answer { status, headers, body })
        })
    }

    /// POST of a JSON body.
    pub fn post_json(&self, path: &str, body: &Value) -> Result<Answer, String> {
        let request = self.client.post(format!("{}{path}", self.url));
        let request = request.header("content-type", "application/json").body(body.to_string());
        self.answer(request)
    }

    /// POST of a JSON body, with a token if one is shown.
    pub fn post_json_as(&self, path: &str, token: Option<&str>, body: &Value) -> Result<Answer, String> {
        let request = self.client.post(format!("{}{path}", self.url));
        let request = request.header("content-type", "application/json").body(body.to_string());
        self.answer(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    /// GET of a JSON resource; an error says what came instead.
    pub fn get(&self, path: &str) -> Result<Value, String> {
        let answer = self.send("GET", path, &[])?;
        if answer.status == 200 { Ok(answer.json()) } else { Err(format!("{answer:?}")) }
    }

    /// Creates a cluster.
    pub fn create(&self, name: &str, form: &[(&str, &str)]) -> Created {
        let answer = self.send("POST", &format!("/clusters/{name}"), form).expect("an answer");
        assert_eq!(answer.status, 200, "{answer:?}");
        let body = answer.json();
        let text = |key: &str| body[key].as_str().expect("a string").to_owned();
        Created { password: text("cluster_password"), url: text("cluster_url") }
    }
}

/// Everything but plain letters and digits in percent form.
fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
