import Jobs

/// What a job's worktree is called.
enum WorktreeName {
  /// All branches of ours begin with it.
  static let prefix = "agentscript/"

  /// The branch of a job.
  static func branch(of id: JobID) -> String { prefix + id.rawValue }

  /// Why an id cannot be the end of a branch's name, in one sentence; nil if it can. See git-check-ref-format(1).
  static func fault(in id: String) -> String? {
    let reason: String? =
      if id.contains("..") {
        "holds '..'"
      } else if id.hasSuffix(".") {
        "ends with '.'"
      } else if id.hasSuffix(".lock") {
        "ends with '.lock'"
      } else {
        nil
      }
    return reason.map { "the id '\(id)' \($0), and cannot name the branch of its worktree" }
  }
}
