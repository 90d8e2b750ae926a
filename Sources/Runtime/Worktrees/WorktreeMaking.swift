import Jobs
internal import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A work that another task's worktree is to hold from the beginning.
struct Foundation: Sendable, Hashable {
  /// How people call its task.
  var name: String
  /// The commit.
  var tip: String
  /// The files that it changed.
  var files: [[UInt8]]
}

// The making of worktrees.
extension Git {
  /// The commit that a worktree begins with: what is checked out, and the works below it. Throws where two of these do
  /// not go together.
  func base(of checkout: GitCheckout, with foundations: [Foundation], for job: JobID) async throws(GitFault) -> String {
    var current = checkout.head
    var done: [MergePlan.Work] = []
    for foundation in foundations {
      let message = "Begin \(job) with the work of '\(foundation.name)'"
      switch try await merge(foundation.tip, into: current, message: message, in: checkout.top) {
      case .merged(let commit): current = commit
      case .conflict(let files):
        let conflicts = MergePlan.attribute(files, to: done, other: checkout.title)
        let others = Set(conflicts.map(\.with)).sorted().joined(separator: "' and '")
        let names = FileNames.list(files.map(GitTalk.text))
        throw GitFault("the work of '\(foundation.name)' conflicts with that of '\(others)' in \(names)")
      }
      let files = Set(foundation.files)
      done.append(MergePlan.Work(name: foundation.name, tip: foundation.tip, files: files, foundations: []))
    }
    return current
  }

  /// What a worktree for a job would be, before it is made.
  func plan(
    _ checkout: GitCheckout, job: JobID, base: String, folder: String, merge: JobWorktree.Merge
  ) async throws(GitFault) -> JobWorktree {
    if let fault = WorktreeName.fault(in: job.rawValue) { throw GitFault(fault) }
    let branch = WorktreeName.branch(of: job)
    if try await commit("refs/heads/\(branch)", in: checkout.top) != nil {
      throw GitFault("there is a branch '\(branch)' already; 'git branch -D \(branch)' removes it")
    }
    return JobWorktree(
      path: "\(folder)/\(job.rawValue)", branch: branch, repository: checkout.repository,
      administration: "\(checkout.repository)/worktrees/\(job.rawValue)", checkout: checkout.top,
      target: checkout.branch, base: base, merge: merge)
  }

  /// Makes the folder and the branch. The caller has written down before that they may be there.
  func make(_ worktree: inout JobWorktree) async throws(GitFault) {
    var info = stat()
    if lstat(worktree.path, &info) == 0 {
      throw GitFault("the folder '\(Escaping.line(worktree.path))' is there already; remove it, or choose another id")
    }
    let words = [
      "worktree", "add", "--quiet", "--no-track", "--no-guess-remote", "-b", worktree.branch, "--", worktree.path,
      worktree.base,
    ]
    do throws(GitFault) {
      try await run(GitCommand(words, in: worktree.checkout))
      worktree.administration = try await run(
        GitCommand(["rev-parse", "--absolute-git-dir"], in: worktree.path)
      ).line
    } catch {
      // Half a worktree is nobody's.
      await removeFolder(of: worktree)
      await removeBranch(of: worktree, at: worktree.base)
      throw error
    }
  }

  /// Puts the folder of a task before it on this worktree's branch. All of that work has been committed; what git ignores
  /// stays.
  func reuse(_ worktree: JobWorktree) async throws(GitFault) {
    let words = ["checkout", "--quiet", "--no-track", "--force", "-b", worktree.branch, worktree.base, "--"]
    Git.mark(worktree, Git.signOfMaking)
    defer { unlink("\(worktree.administration)/locked") }
    try await run(command(words, in: worktree))
  }

  /// What git writes into a worktree's file `locked` as long as it is being made, in `LC_ALL=C`.
  private static let signOfMaking = "initializing"
  /// What we write there before we remove its files, which are committed by then.
  private static let signOfRemoving = "removing"

  /// Notes in a worktree's administration that its files are not all there.
  private static func mark(_ worktree: JobWorktree, _ sign: String) {
    guard isOurs(worktree) else { return }
    let path = SystemPath(trusted: "\(worktree.administration)/locked".utf8)
    // Without it, what is found of a killed run would be taken for the job's own doing.
    try? FileContents.write(Array((sign + "\n").utf8), to: path, .replace, mode: 0o600, isDurable: false)
  }

  /// Whether the repository's entry is this worktree's: git may have given another one the name.
  static func isOurs(_ worktree: JobWorktree) -> Bool {
    let path = SystemPath(trusted: "\(worktree.administration)/gitdir".utf8)
    let text = (try? FileContents.read(path, from: 0, count: 8192)).map { String(decoding: $0, as: UTF8.self) }
    return text?.hasPrefix(worktree.path + "/.git") ?? false
  }

  /// Whether a worktree has all its files. If not, it is being made and no job ran in it, or it is being removed and all is
  /// committed.
  static func isWhole(_ worktree: JobWorktree) -> Bool {
    var info = stat()
    guard isOurs(worktree), stat("\(worktree.administration)/HEAD", &info) == 0 else { return false }
    let sign = SystemPath(trusted: "\(worktree.administration)/locked".utf8)
    guard let text = try? FileContents.read(sign, from: 0, count: 64) else { return true }
    let line = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline).first
    return line != signOfMaking[...] && line != signOfRemoving[...]
  }

  /// A call inside of a worktree, whatever its job did to the link that leads from there to the repository.
  func command(_ words: [String], in worktree: JobWorktree) -> GitCommand {
    var command = GitCommand(words, in: worktree.path)
    command.repository = (worktree.administration, worktree.path)
    return command
  }
}

// The end of worktrees.
extension Git {
  /// Removes a worktree's folder, and what the repository knows of it. Returns what is in the way; nil if all is gone.
  @discardableResult
  func removeFolder(of worktree: JobWorktree) async -> String? {
    Git.mark(worktree, Git.signOfRemoving)
    do throws(Errno) {
      try TreeRemoval.remove(SystemPath(trusted: worktree.path.utf8), isForced: true)
    } catch {
      if error != .noSuchFileOrDirectory {
        return "'\(Escaping.line(worktree.path))' could not be removed: \(SystemMessage.text(error.rawValue))"
      }
    }
    let words = ["worktree", "remove", "--force", "--force", "--", worktree.path]
    let outcome = try? await run(GitCommand(words, in: worktree.repository), accepts: [0, 128])
    if outcome?.succeeded != true { removeRemains(of: worktree) }
    return nil
  }

  /// Removes the repository's entry of a worktree that git does not know as one, because its making was cut off.
  private func removeRemains(of worktree: JobWorktree) {
    let entry = worktree.administration
    guard entry.hasPrefix(worktree.repository + "/worktrees/"),
      let folder = try? SystemPath(Array(entry.utf8))
    else { return }
    let target = (try? FileContents.read(folder.appending("gitdir".utf8), from: 0, count: 8192)) ?? []
    let isEmpty = target.allSatisfy { $0 == 0x0A || $0 == 0x20 }
    if isEmpty || Git.isOurs(worktree) { try? TreeRemoval.remove(folder, isForced: true) }
  }

  /// Removes the folder, and notes that it is gone or why it is not.
  func giveUpFolder(of worktree: inout JobWorktree) async {
    if let reason = await removeFolder(of: worktree) { worktree.add(note: reason) } else { worktree.hasFolder = false }
  }

  /// Removes the branch if it is still at a commit, and notes it.
  func giveUpBranch(of worktree: inout JobWorktree, at commit: String) async {
    await removeBranch(of: worktree, at: commit)
    worktree.hasBranch = false
  }

  /// Removes the branch if it is still at a commit.
  func removeBranch(of worktree: JobWorktree, at commit: String) async {
    let words = ["update-ref", "-d", "refs/heads/\(worktree.branch)", commit]
    _ = try? await run(GitCommand(words, in: worktree.repository))
  }
}
