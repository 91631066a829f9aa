//! `squab media`: files up, down and away.

use super::graph::{Account, Blocking, SCRATCH};
use super::{Failure, print};
use clap::{Args, Subcommand};
use squab_core::media::{MediaId, Upload, is_animated_webp};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Upload, download and delete files
#[derive(Args)]
pub(crate) struct Media {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Put(Put),
    Get(Get),
    Rm(Rm),
}

/// Upload a file and print its id, which is good for 30 days
#[derive(Args)]
struct Put {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    account: Account,
    /// Its media type; otherwise what its name says
    #[arg(long = "type", value_name = "MIME")]
    media_type: Option<String>,
}

/// Download a file by its id
#[derive(Args)]
struct Get {
    /// The id, of an upload or from a webhook (those are good for 7 days)
    id: String,
    /// Where to write it; - is standard output
    #[arg(short, long, value_name = "FILE|-")]
    output: PathBuf,
    #[command(flatten)]
    account: Account,
}

/// Delete a file by its id
#[derive(Args)]
struct Rm {
    /// The id
    id: String,
    #[command(flatten)]
    account: Account,
}

/// What the ends of names mean. What Meta takes of these the core knows.
const ENDS: [(&str, &str); 19] = [
    ("3gp", "video/3gpp"),
    ("aac", "audio/aac"),
    ("amr", "audio/amr"),
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("ogg", "audio/ogg"),
    ("txt", "text/plain"),
    ("pdf", "application/pdf"),
    ("doc", "application/msword"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("xls", "application/vnd.ms-excel"),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("ppt", "application/vnd.ms-powerpoint"),
    (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("webp", "image/webp"),
    ("mp4", "video/mp4"),
];

/// Does what was asked for.
pub(crate) async fn run(args: Media) -> Result<(), Failure> {
    match args.what {
        What::Put(args) => put(args).await,
        What::Get(args) => get(args).await,
        What::Rm(args) => rm(args).await,
    }
}

async fn put(args: Put) -> Result<(), Failure> {
    let path = &args.file;
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    let media_type = match &args.media_type {
        Some(media_type) => media_type,
        None => of_name(path).ok_or("the file's name does not tell its media type: say it by --type")?,
    };
    // Its start, to look at; then it is opened again from the front.
    let mut start = Vec::new();
    File::open(path)
        .map_err(told)?
        .take(32)
        .read_to_end(&mut start)
        .map_err(told)?;
    let file = File::open(path).map_err(told)?;
    let length = file.metadata().map_err(told)?.len();
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_control() || matches!(c, '"' | '\\') {
                '_'
            } else {
                c
            }
        })
        .collect();
    let upload = Upload::new(media_type, &name, length, is_animated_webp(&start), seed())
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let ready = args.account.ready()?;
    let mut scratch = vec![0; SCRATCH];
    let number = ready.config.phone_number_id();
    let id = ready
        .graph()
        .upload(number, &upload, Blocking(file), &mut scratch)
        .await?;
    print(id.as_str());
    Ok(())
}

async fn get(args: Get) -> Result<(), Failure> {
    let id = MediaId::parse(&args.id)?;
    let ready = args.account.ready()?;
    let mut scratch = vec![0; SCRATCH];
    let (graph, number) = (ready.graph(), ready.config.phone_number_id());
    if args.output == Path::new("-") {
        let mut out = Blocking(std::io::stdout());
        let result = graph.download(&id, number, None, &mut out, &mut scratch).await;
        return match result {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("{error} (what was written is not to be trusted)").into()),
        };
    }
    // Beside its place, so that nothing is there that is not whole and right.
    let mut part = args.output.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let told = |error: std::io::Error| format!("{}: {error}", part.display());
    let mut out = Blocking(File::create(&part).map_err(told)?);
    match graph.download(&id, number, None, &mut out, &mut scratch).await {
        Ok(_) => Ok(std::fs::rename(&part, &args.output).map_err(told)?),
        Err(error) => {
            std::fs::remove_file(&part).map_err(told)?;
            Err(error.into())
        }
    }
}

async fn rm(args: Rm) -> Result<(), Failure> {
    let id = MediaId::parse(&args.id)?;
    let ready = args.account.ready()?;
    let mut scratch = vec![0; SCRATCH];
    let number = ready.config.phone_number_id();
    ready.graph().delete(&id, number, &mut scratch).await?;
    Ok(())
}

fn of_name(path: &Path) -> Option<&'static str> {
    let end = path.extension()?.to_str()?;
    let (_, media_type) = ENDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(end))?;
    Some(media_type)
}

/// From the system's randomness, which is behind the keys of hash maps.
fn seed() -> [u32; 4] {
    let words = [0u8, 1].map(|nth| RandomState::new().hash_one(nth));
    let [first, second] = words;
    [
        first as u32,
        (first >> 32) as u32,
        second as u32,
        (second >> 32) as u32,
    ]
}

#[cfg(test)]
mod tests {
    use super::{ENDS, of_name, seed};
    use squab_core::media::Kind;
    use std::path::Path;

    #[test]
    fn a_files_name_tells_a_media_type_that_meta_takes() {
        assert_eq!(of_name(Path::new("a.b/Voice.OGG")), Some("audio/ogg"));
        assert_eq!(of_name(Path::new("a.gif")), None);
        assert_eq!(of_name(Path::new("png")), None);
        assert!(ENDS.iter().all(|(_, media_type)| Kind::of(media_type).is_some()));
    }

    #[test]
    fn no_two_uploads_share_a_seed() {
        assert_ne!(seed(), seed());
    }
}
