//! What a process and a folder use, as the kernel tells: processor time, resident memory, bytes on disk.
//!
//! Source: `proc_pid_stat(5)` and `proc_pid_status(5)`. Where there is no `/proc` there are no figures, which is not an error.

use std::{fs, path::Path};

/// The kernel's unit of accounting (`USER_HZ`): 1/100 s on every platform that we are built for.
const TICK_MS: f64 = 10.0;

/// Processor time used so far by all threads of a process, in milliseconds.
pub(super) fn cpu_ms(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may contain anything, so fields are counted from behind it; utime and stime are 14 and 15.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = |field: Option<&str>| field?.parse::<u32>().ok().map(f64::from);
    let mut fields = fields.split_ascii_whitespace().skip(11);
    Some((ticks(fields.next())? + ticks(fields.next())?) * TICK_MS)
}

/// Resident memory of a process in megabytes (10⁶ bytes): now, and the most it ever was.
pub(super) fn memory_mb(process: u32) -> Option<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u32>().ok()
    };
    let mb = |kib| f64::from(kib) * 1024.0 / 1e6;
    Some((mb(kib("VmRSS:")?), mb(kib("VmHWM:")?)))
}

/// Bytes of all files in a folder. Write-ahead files can be left out: before a run they hold what the checkpoint at its
/// end would wrongly take away again.
pub(super) fn folder_bytes(folder: &Path, with_write_ahead: bool) -> std::io::Result<u64> {
    let mut total = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            total += folder_bytes(&entry.path(), with_write_ahead)?;
        } else if with_write_ahead || !(name.ends_with("-wal") || name.ends_with("-shm")) {
            total += entry.metadata()?.len();
        }
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_files_below_a_folder_with_or_without_write_ahead() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("sub/db"), [0; 100]).unwrap();
        fs::write(folder.path().join("db-wal"), [0; 30]).unwrap();
        assert_eq!(folder_bytes(folder.path(), true).unwrap(), 130);
        assert_eq!(folder_bytes(folder.path(), false).unwrap(), 100);
    }

    #[test]
    fn reads_our_own_usage_where_the_kernel_tells() {
        if !Path::new("/proc/self/stat").exists() {
            return;
        }
        let us = std::process::id();
        let (now, most) = memory_mb(us).unwrap();
        assert!(now > 0.0 && most >= now);
        assert!(cpu_ms(us).is_some());
        assert!(cpu_ms(u32::MAX).is_none());
    }
}
