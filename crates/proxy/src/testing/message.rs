//! An HTTP message as it stood on the wire.

/// Head and body, in bytes.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Start line and headers, up to and with the empty line.
    pub(crate) head: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The first line.
    pub(crate) fn start_line(&self) -> String {
        let head = String::from_utf8_lossy(&self.head);
        head.lines().next().unwrap_or_default().to_owned()
    }

    /// Every header, names in lower case, values in bytes.
    pub(crate) fn headers(&self) -> Vec<(String, Vec<u8>)> {
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
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let headers = self.headers().into_iter();
        headers
            .filter(|(found, _)| found == name)
            .map(|(_, value)| String::from_utf8_lossy(&value).into_owned())
            .collect()
    }

    /// The only value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let all = self.all(name);
        assert!(all.len() < 2, "{name} stands {} times", all.len());
        all.into_iter().next()
    }

    /// The names of the headers, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.headers().into_iter().map(|(name, _)| name).collect()
    }

    /// The body, as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The status of a response.
    pub(crate) fn status(&self) -> u16 {
        let line = self.start_line();
        line[9..12].parse().expect("a status")
    }

    /// The length that the head announces.
    pub(crate) fn length(&self) -> Option<usize> {
        Some(
            self.header("content-length")?
                .parse()
                .expect("a content-length"),
        )
    }
}

/// Where a head ends: behind the empty line.
pub(crate) fn head_end(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}
