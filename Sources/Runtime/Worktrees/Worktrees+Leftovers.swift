import Jobs
internal import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

// What dead runs have left.
extension Worktrees {
  /// A worktree that nobody looks after any more.
  struct Leftover: Sendable {
    let job: JobID
    var name: String?
    /// How the job ended; nil if the registry does not know it any more.
    var status: JobStatus?
    var worktree: JobWorktree
  }

  /// Takes in what a leftover worktree holds: what is not committed yet comes onto its branch, and the folder goes. Returns
  /// what is to be recorded; nil if that did not succeed, and is to be tried another time.
  func takeIn(_ leftover: Leftover) async -> JobWorktree? {
    var worktree = leftover.worktree
    var info = stat()
    guard stat(worktree.repository, &info) == 0 else {
      worktree.stage = .settled
      worktree.hasBranch = false
      worktree.hasFolder = stat(worktree.path, &info) == 0
      worktree.note = "its repository '\(Escaping.line(worktree.repository))' is gone"
      return worktree
    }
    guard let git = try? await git() else { return nil }
    if worktree.stage == .open {
      worktree.administration = Worktrees.administration(of: worktree)
      // Of a git that was killed: the branch is this job's alone.
      unlink("\(worktree.repository)/refs/heads/\(worktree.branch).lock")
      if !Git.isOurs(worktree), rmdir(worktree.path) != 0, errno != ENOENT {
        worktree.stage = .settled
        worktree.add(note: "its repository does not know it any more; what it holds is left in it")
        return worktree
      }
      if !Git.isWhole(worktree) {
        await git.giveUpFolder(of: &worktree)
        guard !worktree.hasFolder else { return nil }
      }
      guard let work = try? await collect(leftover, worktree, git) else { return nil }
      worktree = work
    }
    await note(&worktree, leftover, git)
    worktree.stage = .settled
    return worktree
  }

  private func collect(_ leftover: Leftover, _ worktree: JobWorktree, _ git: Git) async throws(GitFault) -> JobWorktree
  {
    let status = leftover.status ?? .lost
    let name = leftover.name ?? leftover.job.rawValue
    let message = "Task '\(name)'\n\nWhat the job \(leftover.job) had done when its run died."
    let collected = try await git.collect(worktree, message: message)
    var result = worktree
    result.tip = collected.tip
    result.fileCount = collected.files.count
    result.files = collected.files.prefix(JobWorktree.mostFiles).map(GitTalk.text)
    let settlement = WorktreeSettlement(
      .init(status: status, hasChanges: collected.tip != worktree.base, uncommitted: collected.uncommitted), worktree)
    result.note = settlement.note
    if !settlement.keepsFolder { await git.giveUpFolder(of: &result) }
    if collected.tip == worktree.base { await git.giveUpBranch(of: &result, at: collected.tip) }
    return result
  }

  /// Tells where the work is; what its run had merged before it died is merged.
  private func note(_ worktree: inout JobWorktree, _ leftover: Leftover, _ git: Git) async {
    guard worktree.merge != .keep, leftover.status == .completed, let tip = worktree.tip, tip != worktree.base else {
      return
    }
    if let target = worktree.target,
      let isMerged = try? await git.isAncestor(tip, of: "refs/heads/\(target)", in: worktree.repository), isMerged
    {
      worktree.merged = true
      worktree.note = nil
      await git.giveUpBranch(of: &worktree, at: tip)
      return
    }
    let branch = FileNames.quoted(worktree.branch)
    worktree.note =
      "not merged: its run died before; its changes are on the branch \(branch): 'git merge \(branch)' takes them over"
  }

  /// What the repository keeps for a worktree: its folder says so, unless somebody damaged it.
  private static func administration(of worktree: JobWorktree) -> String {
    let link = SystemPath(trusted: "\(worktree.path)/.git".utf8)
    let text =
      (try? FileContents.read(link, from: 0, count: 8192)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let prefix = "gitdir: "
    guard text.hasPrefix(prefix), text.hasSuffix("\n") else { return worktree.administration }
    let path = String(text.dropFirst(prefix.count).dropLast())
    return path.hasPrefix(worktree.repository + "/worktrees/") ? path : worktree.administration
  }
}
