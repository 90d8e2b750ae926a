import Dispatch
public import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Takes in the worktrees that dead runs have left: what is in them comes onto their branches, and their folders go.
public enum WorktreeSweep {
  /// Does that for all that the registry knows of, unless another process is at it. Costs one short query where there are
  /// none. Blocks as long as it takes; what does not succeed is tried again the next time.
  public static func run(in registry: Registry) {
    guard let left = try? registry.leftWorktrees(), !left.isEmpty else { return }
    let folder = registry.directory.worktreesPath
    let lock = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    defer { if lock >= 0 { close(lock) } }
    if lock >= 0, flock(lock, LOCK_EX | LOCK_NB) != 0 { return }
    let isOver = DispatchSemaphore(value: 0)
    Task {
      await takeIn(registry)
      isOver.signal()
    }
    isOver.wait()
  }

  private static func takeIn(_ registry: Registry) async {
    // Whoever had the lock before may have done some.
    guard let left = try? registry.leftWorktrees() else { return }
    let worktrees = Worktrees(registry.directory, run: RunID.random()) { JobEnvironment() }
    for one in left {
      let leftover = Worktrees.Leftover(job: one.job, name: one.name, status: one.status, worktree: one.worktree)
      guard let taken = await worktrees.takeIn(leftover) else { continue }
      // It is found again if this is not recorded, and there is nothing left to do then.
      _ = try? registry.amend([(one.job, one.run, taken)], redaction: Redaction.ofThisProcess())
    }
  }
}
