import Jobs

/// What becomes of a worktree whose job has ended, as a decision.
struct WorktreeSettlement: Sendable, Hashable {
  /// What the job left.
  struct Findings: Sendable, Hashable {
    /// How the job ended.
    var status: JobStatus
    /// Whether its work differs from what it began with.
    var hasChanges: Bool
    /// Why the folder holds work that the branch does not, in one sentence; nil if it does not.
    var uncommitted: String?
    /// Whether the task belongs to a group, whose end is waited for.
    var isInGroup = false
  }

  var keepsFolder = false
  var keepsBranch = false
  var writesPatch = false
  /// Whether the work goes into the user's checkout, now or at the group's end.
  var merges = false
  /// What the user should know of what is kept.
  var note: String?

  /// Decides.
  init(_ findings: Findings, _ worktree: JobWorktree) {
    let branch = FileNames.quoted(worktree.branch)
    if let uncommitted = findings.uncommitted {
      keepsFolder = true
      keepsBranch = true
      note =
        "its work is not all on its branch \(branch): \(uncommitted); the rest is in \(FileNames.quoted(worktree.path))"
    } else if !findings.hasChanges {
      return
    } else if findings.status != .completed {
      keepsBranch = true
      keepsFolder = worktree.merge == .keep
      note = "not merged, since its task ended as \(findings.status.rawValue): its changes are on the branch \(branch)"
    } else {
      switch worktree.merge {
      case .auto:
        keepsBranch = true
        merges = true
        if findings.isInGroup { note = "merged when its group ends" }
      case .patch:
        writesPatch = true
      case .keep:
        keepsFolder = true
        keepsBranch = true
        note =
          "kept as wished: 'git merge \(branch)' takes it over; "
          + "'git worktree remove --force \(FileNames.quoted(worktree.path)); git branch -D \(branch)' removes it"
      }
    }
  }
}
