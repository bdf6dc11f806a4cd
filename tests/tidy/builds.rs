//! What builds and runs the binary: files that parse, and no flag that names a CPU model.

use crate::repository::{File, files, report};

fn broken_toml(file: &File) -> Option<String> {
    let fault = toml::from_str::<toml::Table>(&file.text).err()?;
    Some(file.whole(&format!("is not TOML: {fault}")))
}

/// Lines of a systemd unit that are neither a section, `Key=value`, a comment nor empty.
fn broken_unit(file: &File) -> Vec<String> {
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_fine = |line: &str| {
        line.is_empty()
            || line.starts_with('#')
            || (line.starts_with('[') && line.ends_with(']'))
            || line.split_once('=').is_some_and(|(key, _)| is_key(key))
    };
    let lines = file.text.lines().enumerate();
    lines
        .filter(|(_, line)| !is_fine(line))
        .map(|(index, _)| file.at(index, "is not a line of a systemd unit"))
        .collect()
}

/// A CPU model in a flag compiles run-time detection away: the vendors' Cortex-A72 has AES, the one
/// in a Raspberry Pi 4 has none and dies of SIGILL. An emulator does not show it.
fn flag_names_a_cpu(file: &File) -> Vec<String> {
    let lines = file.text.lines().enumerate();
    lines
        .filter(|(_, line)| line.split('#').next().is_some_and(|code| code.contains(CPU_FLAG)))
        .map(|(index, _)| file.at(index, "a build flag names a CPU model; a box without it dies"))
        .collect()
}

const CPU_FLAG: &str = concat!("target", "-cpu");

fn is_unit(file: &File) -> bool {
    file.path.starts_with("systemd/") && !file.path.ends_with(".toml")
}

#[test]
fn every_toml_file_parses() {
    let files = files();
    let is_meant_well = |file: &&File| {
        file.path.ends_with(".toml") && !file.path.starts_with("tests/formats/config/bad/")
    };
    let chosen: Vec<&File> = files.iter().filter(is_meant_well).collect();
    for needed in ["cross.toml", ".cargo/config.toml", ".deny.toml"] {
        assert!(chosen.iter().any(|file| file.path == needed), "{needed} is missing");
    }
    report(chosen.into_iter().filter_map(broken_toml));
}

#[test]
fn the_units_parse() {
    let files = files();
    let units: Vec<&File> = files.iter().filter(|file| is_unit(file)).collect();
    assert!(units.iter().any(|file| file.path == "systemd/andon.service"));
    report(units.into_iter().flat_map(broken_unit));
}

#[test]
fn no_build_flag_names_a_cpu_model() {
    report(files().iter().filter(|file| !file.path.ends_with(".md")).flat_map(flag_names_a_cpu));
}

#[test]
fn a_broken_toml_file_is_noticed() {
    assert!(broken_toml(&File::new("cross.toml", "[build\n")).is_some());
    assert!(broken_toml(&File::new("cross.toml", "[build]\n")).is_none());
}

#[test]
fn a_broken_unit_is_noticed() {
    let complaints = |text| broken_unit(&File::new("systemd/andon.service", text)).len();
    assert_eq!(complaints("[Service]\n# Why.\nType=notify\n"), 0);
    assert_eq!(complaints("[Service\nType notify\n"), 2);
}

#[test]
fn a_cpu_model_in_a_flag_is_noticed() {
    let flag = format!("rustflags = [\"-C\", \"{CPU_FLAG}=cortex-a72\"]");
    assert_eq!(flag_names_a_cpu(&File::new(".cargo/config.toml", &flag)).len(), 1);
    assert!(flag_names_a_cpu(&File::new(".cargo/config.toml", &format!("# {flag}"))).is_empty());
}
