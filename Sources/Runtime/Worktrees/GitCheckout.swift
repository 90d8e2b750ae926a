#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A folder of the user's in which files of a commit lie, as it was when it was looked at.
struct GitCheckout: Sendable, Hashable {
  /// Its folder.
  let top: String
  /// The folder that all worktrees of the repository share.
  let repository: String
  /// What the repository keeps for this checkout alone.
  let administration: String
  /// The way from its folder to where the task was to run; empty, or with a slash at the end.
  let prefix: String
  /// The commit.
  let head: String
  /// The full name of the branch that is checked out; nil for a commit without one.
  let reference: String?

  /// How the branch is called.
  var branch: String? { reference.map(GitCheckout.shortName) }

  /// How people call what is checked out.
  var title: String { branch.map { "'\($0)'" } ?? "the commit \(head.prefix(10))" }

  /// A branch's name without what all of them begin with.
  static func shortName(_ reference: String) -> String {
    let prefix = "refs/heads/"
    return reference.hasPrefix(prefix) ? String(reference.dropFirst(prefix.count)) : reference
  }
}

extension Git {
  /// The checkout that a folder lies in. Throws where there is none that worktrees could be made of.
  func checkout(at folder: String) async throws(GitFault) -> GitCheckout {
    let shown = "'\(Escaping.line(folder))'"
    let kind = try await run(
      GitCommand(["rev-parse", "--is-bare-repository", "--is-inside-work-tree"], in: folder), accepts: [0, 128])
    guard kind.succeeded else {
      if kind.talk.contains("not a git repository") { throw GitFault("\(shown) lies in no git repository") }
      throw GitFault(["rev-parse"], kind)
    }
    switch kind.line {
    case "false\ntrue": break
    case "true\nfalse": throw GitFault("\(shown) lies in a bare git repository, which has no files checked out")
    default: throw GitFault("\(shown) lies inside of a repository's own folder, not among the files of a checkout")
    }
    let places = try await places(of: folder)
    guard let head = try await commit("HEAD", in: folder) else {
      throw GitFault(
        "the git repository in '\(Escaping.line(places.top))' has no commit yet, from which a worktree could begin")
    }
    let reference = try await run(GitCommand(["symbolic-ref", "-q", "HEAD"], in: folder), accepts: [0, 1])
    return GitCheckout(
      top: places.top, repository: places.repository, administration: places.administration, prefix: places.prefix,
      head: head, reference: reference.succeeded ? reference.line : nil)
  }

  /// The four paths of a checkout. Any of them may hold newlines, so each stands between lines that git only repeats.
  private func places(of folder: String) async throws(GitFault) -> (
    top: String, repository: String, administration: String, prefix: String
  ) {
    let mark = "--agentscript-mark"
    let words = [
      "rev-parse", "--path-format=absolute", mark, "--show-toplevel", mark, "--git-common-dir", mark,
      "--absolute-git-dir", mark, "--show-prefix", mark,
    ]
    let wall = Array("\n\(mark)\n".utf8)
    var rest = try await ([0x0A] + run(GitCommand(words, in: folder)).output)[...]
    var pieces: [String] = []
    while let range = rest.firstRange(of: wall) {
      // Each but the first begins with the end of the mark's line.
      pieces.append(String(decoding: rest[..<range.lowerBound].dropFirst(pieces.isEmpty ? 0 : 1), as: UTF8.self))
      rest = rest[(range.upperBound - 1)...]
    }
    guard pieces.count == 5 else { throw GitFault("git rev-parse answered with something unknown") }
    return (pieces[1], pieces[2], pieces[3], pieces[4])
  }

  /// The commit that a name means; nil if there is none.
  func commit(_ name: String, in folder: String) async throws(GitFault) -> String? {
    let words = ["rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"]
    let outcome = try await run(GitCommand(words, in: folder), accepts: [0, 1, 128])
    return outcome.succeeded ? outcome.line : nil
  }

  /// Whether all of a commit's history is in another's.
  func isAncestor(_ old: String, of new: String, in folder: String) async throws(GitFault) -> Bool {
    if old == new { return true }
    return try await run(GitCommand(["merge-base", "--is-ancestor", old, new], in: folder), accepts: [0, 1]).succeeded
  }

  /// The files that differ between two commits, with their old names and their new ones.
  func changedFiles(from old: String, to new: String, in folder: String) async throws(GitFault) -> [[UInt8]] {
    if old == new { return [] }
    let words = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", old, new]
    return GitTalk.paths(in: try await run(GitCommand(words, in: folder)).output)
  }

  /// How many files of a checkout are not as its commit has them, or are not in it; 0 where git cannot tell.
  func uncommittedChanges(in folder: String) async -> Int {
    let words = ["status", "--porcelain", "-z", "--untracked-files=normal", "--ignore-submodules=all", "--no-renames"]
    let command = GitCommand(["--no-optional-locks"] + words, in: folder)
    guard let outcome = try? await run(command) else { return 0 }
    return GitTalk.paths(in: outcome.output).count
  }
}

extension GitCheckout {
  /// What of git's is halfway done in the checkout, so that nobody else may change it.
  var unfinished: String? {
    let signs = [
      ("MERGE_HEAD", "a merge"), ("rebase-merge", "a rebase"), ("rebase-apply", "a rebase"),
      ("CHERRY_PICK_HEAD", "a cherry-pick"), ("REVERT_HEAD", "a revert"), ("BISECT_LOG", "a bisection"),
    ]
    return signs.first { name, _ in
      var info = stat()
      return lstat("\(administration)/\(name)", &info) == 0
    }?.1
  }
}
