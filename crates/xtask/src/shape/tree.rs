//! The modules of one crate, read with `syn`, without its tests.
//!
//! A test is what is below `#[cfg(test)]`: an item, or a whole file if its `mod` line is. Folders
//! named `tests` are not looked at: the walk begins at the crate's library, programs, benchmarks and
//! examples, and follows `mod` lines.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Meta, UseTree, Visibility};

/// The non-test modules of a crate and the files that hold them.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) files: Vec<SourceFile>,
    pub(super) modules: Vec<Module>,
}

#[derive(Debug)]
pub(super) struct SourceFile {
    /// Within the crate's folder.
    pub(super) path: String,
    /// Lines that are not a test's.
    pub(super) lines: usize,
}

#[derive(Debug)]
pub(super) struct Module {
    /// Names from the root on; for a second root, its own name in brackets comes first.
    pub(super) path: Vec<String>,
    /// Index of its file.
    pub(super) file: usize,
    /// Names of structs, enums and traits.
    pub(super) types: Vec<String>,
    pub(super) imports: Vec<Import>,
}

/// One name that a `use` statement brings.
#[derive(Debug)]
pub(super) struct Import {
    /// As written: may begin with `crate`, `self` or `super`.
    pub(super) path: Vec<String>,
    /// What it is called here; `*` for a glob.
    pub(super) name: String,
    /// Whether it is passed on to other modules.
    pub(super) is_public: bool,
}

impl Tree {
    /// Reads a crate.
    ///
    /// # Errors
    ///
    /// A file can't be read or is not valid Rust.
    pub(super) fn read(directory: &Path) -> anyhow::Result<Self> {
        let mut tree = Self::default();
        let roots = roots(directory)?;
        let first = ["src/lib.rs", "src/main.rs"]
            .map(|root| directory.join(root))
            .into_iter()
            .find(|root| roots.contains(root));
        for root in roots {
            let name = root.strip_prefix(directory)?.to_string_lossy().into_owned();
            // Every root but the crate's main one has its name before its paths: it is a crate of its own.
            let path = if Some(&root) == first.as_ref() {
                Vec::new()
            } else {
                vec![format!("[{name}]")]
            };
            tree.read_file(directory, &root, &path, true)?;
        }
        Ok(tree)
    }

    fn read_file(
        &mut self,
        directory: &Path,
        file: &Path,
        path: &[String],
        is_root: bool,
    ) -> anyhow::Result<()> {
        let text =
            fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
        let parsed = syn::parse_file(&text).with_context(|| file.display().to_string())?;
        let index = self.files.len();
        self.files.push(SourceFile {
            path: file.strip_prefix(directory)?.to_string_lossy().into_owned(),
            lines: text.lines().count() - lines_of_tests(&parsed.items),
        });
        // `a/mod.rs` and a root have their modules beside them, `a.rs` below `a/`.
        let parent = file.parent().unwrap_or(directory);
        let below = if is_root || file.file_name().is_some_and(|name| name == "mod.rs") {
            parent.to_path_buf()
        } else {
            parent.join(file.file_stem().unwrap_or_default())
        };
        let mut inner = Vec::new();
        self.read_module(index, path, &parsed.items, &mut inner);
        for (path, named) in inner {
            let name = path.last().map_or("", String::as_str);
            let file = match named {
                Some(named) => parent.join(named),
                None => {
                    let flat = below.join(name).with_extension("rs");
                    if flat.exists() {
                        flat
                    } else {
                        below.join(name).join("mod.rs")
                    }
                }
            };
            self.read_file(directory, &file, &path, false)?;
        }
        Ok(())
    }

    /// Takes one module in; modules that are files of their own go to `files`.
    fn read_module(
        &mut self,
        file: usize,
        path: &[String],
        items: &[Item],
        files: &mut Vec<(Vec<String>, Option<String>)>,
    ) {
        let mut found = Found::default();
        for item in items {
            found.visit_item(item);
        }
        self.modules.push(Module {
            path: path.to_vec(),
            file,
            types: found.types,
            imports: found.imports,
        });
        for module in found.modules {
            let path = [path, &[module.ident.to_string()]].concat();
            match &module.content {
                Some((_, items)) => self.read_module(file, &path, items, files),
                None => files.push((path, path_attribute(&module.attrs))),
            }
        }
    }
}

/// What one module declares, bodies of functions included, modules within it not.
#[derive(Default)]
struct Found<'a> {
    types: Vec<String>,
    imports: Vec<Import>,
    modules: Vec<&'a ItemMod>,
}

impl<'a> Visit<'a> for Found<'a> {
    fn visit_item(&mut self, item: &'a Item) {
        if is_test(attributes(item)) {
            return;
        }
        match item {
            Item::Mod(module) => return self.modules.push(module),
            Item::Use(import) => self.take_use(import),
            Item::Struct(item) => self.types.push(item.ident.to_string()),
            Item::Enum(item) => self.types.push(item.ident.to_string()),
            Item::Trait(item) => self.types.push(item.ident.to_string()),
            // A macro that declares types spells them as Rust does.
            Item::Macro(item) if item.ident.is_none() => {
                declared(item.mac.tokens.clone(), &mut self.types);
            }
            _ => {}
        }
        visit::visit_item(self, item);
    }
}

impl Found<'_> {
    fn take_use(&mut self, import: &ItemUse) {
        let is_public = !matches!(import.vis, Visibility::Inherited);
        leaves(&import.tree, &mut Vec::new(), &mut |path, name| {
            self.imports.push(Import {
                path: path.to_vec(),
                name,
                is_public,
            });
        });
    }
}

/// Calls `leaf` with each path of a `use` tree and the name that it gets.
fn leaves(tree: &UseTree, path: &mut Vec<String>, leaf: &mut impl FnMut(&[String], String)) {
    let mut end = |path: &mut Vec<String>, name: &syn::Ident, alias: &syn::Ident| {
        // `a::{self}` is `a`.
        let is_self = name == "self" && !path.is_empty();
        if !is_self {
            path.push(name.to_string());
        }
        let alias = if is_self && alias == "self" {
            path.last().cloned().unwrap_or_default()
        } else {
            alias.to_string()
        };
        leaf(path, alias);
        if !is_self {
            path.pop();
        }
    };
    match tree {
        UseTree::Name(name) => end(path, &name.ident, &name.ident),
        UseTree::Rename(rename) => end(path, &rename.ident, &rename.rename),
        UseTree::Glob(_) => leaf(path, "*".to_owned()),
        UseTree::Path(inner) => {
            path.push(inner.ident.to_string());
            leaves(&inner.tree, path, leaf);
            path.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                leaves(tree, path, leaf);
            }
        }
    }
}

/// Names after `struct`, `enum` and `trait` in a macro's tokens.
fn declared(tokens: TokenStream, types: &mut Vec<String>) {
    let mut before = String::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                if matches!(before.as_str(), "struct" | "enum" | "trait") {
                    types.push(ident.to_string());
                }
                before = ident.to_string();
            }
            TokenTree::Group(group) => {
                declared(group.stream(), types);
                before.clear();
            }
            _ => before.clear(),
        }
    }
}

/// Where a crate's modules begin.
fn roots(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut roots = vec![
        directory.join("src/lib.rs"),
        directory.join("src/main.rs"),
        directory.join("build.rs"),
    ];
    for folder in ["src/bin", "benches", "examples"] {
        let Ok(entries) = fs::read_dir(directory.join(folder)) else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                roots.push(path);
            } else {
                roots.push(path.join("main.rs"));
            }
        }
    }
    roots.retain(|root| root.exists());
    roots.sort();
    Ok(roots)
}

/// How many lines the tests among these items take, those in modules within them included.
fn lines_of_tests(items: &[Item]) -> usize {
    let lines = |item: &Item| {
        if is_test(attributes(item)) {
            let span = item.span();
            return span.end().line - span.start().line + 1;
        }
        match item {
            Item::Mod(module) => module
                .content
                .as_ref()
                .map_or(0, |(_, items)| lines_of_tests(items)),
            _ => 0,
        }
    };
    items.iter().map(lines).sum()
}

/// Whether one of the attributes is a `cfg` that only tests fulfil.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .filter_map(|attribute| attribute.parse_args::<Meta>().ok())
        .any(|condition| needs_test(&condition))
}

fn needs_test(condition: &Meta) -> bool {
    let Meta::List(list) = condition else {
        return condition.path().is_ident("test");
    };
    let parts =
        list.parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated);
    let Ok(parts) = parts else { return false };
    if list.path.is_ident("all") {
        parts.iter().any(needs_test)
    } else {
        list.path.is_ident("any") && parts.iter().all(needs_test)
    }
}

/// The file that a `#[path]` names.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes
        .iter()
        .find(|attribute| attribute.path().is_ident("path"))?;
    let Meta::NameValue(value) = &attribute.meta else {
        return None;
    };
    match &value.value {
        syn::Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
