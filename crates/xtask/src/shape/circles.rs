//! Files of a crate that import each other in a circle.
//!
//! A file imports another if one of its `use` statements names an item of it. A contents page is
//! looked through: a name that a `mod.rs` or `lib.rs` only passes on counts for the file that has it,
//! and what such a page passes on is not an import of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Import, Module, Tree};

/// How many pages a name is followed through.
const DEEPEST: usize = 8;

/// The circles, each as the paths of its files.
pub(super) fn circles(tree: &Tree) -> Vec<Vec<String>> {
    let modules: BTreeMap<&[String], &Module> = tree
        .modules
        .iter()
        .map(|module| (module.path.as_slice(), module))
        .collect();
    let mut arrows = vec![BTreeSet::new(); tree.files.len()];
    for module in &tree.modules {
        for import in module.imports.iter().filter(|import| !import.is_public) {
            let to = absolute(&modules, module, &import.path)
                .and_then(|path| file_of(&modules, &path, DEEPEST));
            arrows[module.file].extend(to.filter(|file| *file != module.file));
        }
    }
    let reaches: Vec<BTreeSet<usize>> = (0..arrows.len())
        .map(|file| reachable(&arrows, file))
        .collect();
    let mut circles = BTreeSet::new();
    for file in 0..arrows.len() {
        let circle: BTreeSet<usize> = reaches[file]
            .iter()
            .copied()
            .filter(|other| reaches[*other].contains(&file))
            .collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    let names = |circle: BTreeSet<usize>| {
        let mut names: Vec<String> = circle
            .into_iter()
            .map(|file| tree.files[file].path.clone())
            .collect();
        names.sort();
        names
    };
    circles.into_iter().map(names).collect()
}

/// An import's path from the root of the crate; `None` for other crates.
fn absolute(
    modules: &BTreeMap<&[String], &Module>,
    here: &Module,
    path: &[String],
) -> Option<Vec<String>> {
    let first = path.first()?;
    let ups = path.iter().take_while(|part| *part == "super").count();
    if ups > 0 {
        let above = here.path.len().checked_sub(ups)?;
        return Some([&here.path[..above], &path[ups..]].concat());
    }
    match first.as_str() {
        "crate" => {
            // A second root's name in brackets is the beginning of all its paths.
            let root = here.path.iter().take_while(|part| part.starts_with('['));
            let root: Vec<String> = root.cloned().collect();
            Some([&root, &path[1..]].concat())
        }
        "self" => Some([&here.path, &path[1..]].concat()),
        _ => {
            let inner = [&here.path, &path[..1]].concat();
            let is_module = modules.contains_key(inner.as_slice());
            is_module.then(|| [&here.path, path].concat())
        }
    }
}

/// The file that has the item at `path`.
fn file_of(
    modules: &BTreeMap<&[String], &Module>,
    path: &[String],
    deepest: usize,
) -> Option<usize> {
    if let Some(module) = modules.get(path) {
        return Some(module.file);
    }
    let (name, rest, module) = (0..path.len()).rev().find_map(|length| {
        let module = modules.get(&path[..length])?;
        Some((&path[length], &path[length + 1..], *module))
    })?;
    let passes_on = |import: &&Import| import.name == *name;
    match module.imports.iter().find(passes_on) {
        Some(import) if deepest > 0 => {
            let onwards = absolute(modules, module, &import.path)?;
            file_of(modules, &[&onwards, rest].concat(), deepest - 1)
        }
        _ => Some(module.file),
    }
}

fn reachable(arrows: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut next = vec![from];
    while let Some(file) = next.pop() {
        next.extend(arrows[file].iter().filter(|to| found.insert(**to)));
    }
    found
}
