import Jobs
internal import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What a job left in its worktree, once it is committed.
struct CollectedWork: Sendable, Hashable {
  /// The commit that holds it: the worktree's first, if there is nothing.
  var tip: String
  /// The changed files.
  var files: [[UInt8]] = []
  /// Why there is more in the folder than in the commit, in one sentence; nil if there is not.
  var uncommitted: String?
}

/// What is committed of a worktree, from what is found in it, as a decision.
struct CollectDecision: Sendable, Hashable {
  /// What was found.
  struct Findings: Sendable, Hashable {
    /// The commit that the worktree began with.
    var base: String
    /// The commit that is checked out in the worktree; nil if its job left none.
    var head: String?
    /// The commit of the worktree's own branch; nil if the job removed it.
    var branch: String?
    /// Whether the branch's history is in that of `head`.
    var headHoldsBranch: Bool
    /// Whether the files are as `head` has them.
    var isClean: Bool
  }

  /// The parents of a new commit of all files; nil if none is needed.
  var parents: [String]?
  /// The commit that holds the work, if no new one is needed.
  var tip: String

  /// Decides. What the job committed itself stays in the history, on whatever branch it did so; the files are as it left
  /// them.
  init(_ findings: Findings) {
    let head = findings.head ?? findings.branch ?? findings.base
    tip = head
    var all = [head]
    if let branch = findings.branch, branch != head, !findings.headHoldsBranch { all.append(branch) }
    if !findings.isClean || all.count > 1 { parents = all }
  }
}

// The collecting of work.
extension Git {
  /// Commits all that a job left in its worktree (files that are new, changed or gone; not the ignored ones) on its branch.
  func collect(_ worktree: JobWorktree, message: String) async throws(GitFault) -> CollectedWork {
    var info = stat()
    guard stat(worktree.path, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else {
      return try await withoutFolder(worktree)
    }
    // Whoever was killed in the midst of a change of them does not come back.
    for name in ["index.lock", "HEAD.lock"] { unlink("\(worktree.administration)/\(name)") }
    var work = CollectedWork(tip: worktree.base)
    let add = try await run(
      command(["add", "--all", "--ignore-errors", "--sparse", "--", "."], in: worktree), accepts: [0, 1, 128])
    if !add.succeeded { work.uncommitted = GitTalk.complaint(in: add.talk) ?? "git add failed" }
    let inner = try await leaveOutRepositories(worktree)
    if !inner.isEmpty {
      work.uncommitted =
        "\(FileNames.list(inner)) \(inner.count == 1 ? "is a repository" : "are repositories") of their own"
    }
    let tree = try await run(command(["write-tree"], in: worktree)).line
    work.tip = try await commitWork(worktree, tree: tree, message: message)
    work.files = try await changedFiles(from: worktree.base, to: work.tip, in: worktree.repository)
    return work
  }

  /// For a worktree whose folder somebody removed: what its branch holds.
  private func withoutFolder(_ worktree: JobWorktree) async throws(GitFault) -> CollectedWork {
    let tip = try await commit("refs/heads/\(worktree.branch)", in: worktree.repository) ?? worktree.base
    let files = try await changedFiles(from: worktree.base, to: tip, in: worktree.repository)
    return CollectedWork(tip: tip, files: files)
  }

  private func commitWork(_ worktree: JobWorktree, tree: String, message: String) async throws(GitFault) -> String {
    let name = "refs/heads/\(worktree.branch)"
    let folder = worktree.repository
    let head = try await run(
      command(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], in: worktree), accepts: [0, 1, 128])
    var findings = CollectDecision.Findings(
      base: worktree.base, head: head.succeeded ? head.line : nil, branch: try await commit(name, in: folder),
      headHoldsBranch: true, isClean: true)
    let now = findings.head ?? findings.branch ?? findings.base
    if let branch = findings.branch { findings.headHoldsBranch = try await isAncestor(branch, of: now, in: folder) }
    let headTree = try await run(GitCommand(["rev-parse", "--verify", now + "^{tree}"], in: folder)).line
    findings.isClean = headTree == tree
    let decision = CollectDecision(findings)
    var tip = decision.tip
    if let parents = decision.parents {
      tip = try await commit(tree: tree, parents: parents, message: message, in: folder)
    }
    if tip != findings.branch { try await run(GitCommand(["update-ref", name, tip], in: folder)) }
    return tip
  }

  /// Takes repositories inside of the worktree out of what is to be committed: a commit would name their commits and hold
  /// none of their files. Returns their paths.
  private func leaveOutRepositories(_ worktree: JobWorktree) async throws(GitFault) -> [String] {
    let words = ["diff-index", "--cached", "-z", "--raw", "--no-renames", "--no-abbrev", worktree.base, "--"]
    let fields = GitTalk.paths(in: try await run(command(words, in: worktree)).output)
    var order: [UInt8] = []
    var found: [String] = []
    for index in stride(from: 0, to: fields.count - 1, by: 2) {
      // ":OLDMODE NEWMODE OLDID NEWID STATUS"
      let parts = GitTalk.text(fields[index]).dropFirst().split(separator: " ")
      guard parts.count == 5, parts[1] == "160000" else { continue }
      order += Array("\(parts[0] == "000000" ? "0" : parts[0]) \(parts[2])\t".utf8) + fields[index + 1] + [0]
      found.append(GitTalk.text(fields[index + 1]))
    }
    guard !found.isEmpty else { return [] }
    var update = command(["update-index", "-z", "--index-info"], in: worktree)
    update.input = order
    try await run(update)
    return found
  }

  /// Writes the work as a patch, readable by this user alone.
  func writePatch(of worktree: JobWorktree, to tip: String, into path: String) async throws(GitFault) {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw GitFault("'\(Escaping.line(path))' could not be made: \(SystemMessage.text(errno))") }
    defer { close(file) }
    fchmod(file, 0o600)
    let words = ["diff-tree", "-p", "--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "-M"]
    var command = GitCommand(words + [worktree.base, tip], in: worktree.repository)
    command.output = file
    do throws(GitFault) {
      try await run(command)
    } catch {
      unlink(path)
      throw error
    }
    fsync(file)
  }
}
