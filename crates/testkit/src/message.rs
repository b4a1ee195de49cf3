//! An HTTP message as it was on the wire.

/// Head and body, in bytes.
#[derive(Debug, Clone)]
pub struct Message {
    /// Start line and headers, the empty line included.
    pub head: Vec<u8>,
    /// The body.
    pub body: Vec<u8>,
}

impl Message {
    /// The first line, without its end.
    pub fn start_line(&self) -> String {
        let head = String::from_utf8_lossy(&self.head);
        head.lines().next().unwrap_or_default().to_owned()
    }

    /// Every header in order, names in lower case, values in bytes without white space around them.
    pub fn headers(&self) -> Vec<(String, Vec<u8>)> {
        let lines = self.head.split(|byte| *byte == b'\n').skip(1);
        lines
            .filter_map(|line| {
                let colon = line.iter().position(|byte| *byte == b':')?;
                let name = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
                Some((name, line[colon + 1..].trim_ascii().to_vec()))
            })
            .collect()
    }

    /// The values of one header, as text.
    pub fn all(&self, name: &str) -> Vec<String> {
        let headers = self.headers().into_iter();
        headers
            .filter(|(found, _)| found == name)
            .map(|(_, value)| String::from_utf8_lossy(&value).into_owned())
            .collect()
    }

    /// The only value of a header; `name` is in lower case.
    ///
    /// # Panics
    ///
    /// There are several.
    pub fn header(&self, name: &str) -> Option<String> {
        let all = self.all(name);
        assert!(all.len() < 2, "{name} is there {} times", all.len());
        all.into_iter().next()
    }

    /// The names of the headers, in order and in lower case.
    pub fn names(&self) -> Vec<String> {
        self.headers().into_iter().map(|(name, _)| name).collect()
    }

    /// The body, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The status of a response.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn status(&self) -> u16 {
        let line = self.start_line();
        line[9..12].parse().expect("a status")
    }

    /// The `Content-Length`, in bytes.
    ///
    /// # Panics
    ///
    /// It is not a number.
    pub fn length(&self) -> Option<usize> {
        let length = self.header("content-length")?;
        Some(length.parse().expect("a content-length"))
    }
}

/// Where a head ends: after its empty line. `None` if it has not ended yet.
pub fn head_end(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}
