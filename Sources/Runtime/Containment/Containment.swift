/// What holds a job's processes together, so that all of them can be found and ended.
///
/// The strongest means that this process may use; a PID namespace is not among them, since it comes with a sandbox, job by
/// job.
public enum Containment: Sendable, Hashable {
  /// A control group of its own for each job, in the folder of the given absolute path: the kernel ends what is in it, and
  /// nothing can leave it.
  case cgroup(path: String)
  /// Orphans become children of ours, and a mark in the environment tells whose they are. A process that keeps forking and
  /// changes its session can stay ahead of the search.
  case subreaper
  /// Sessions and process groups alone: a process that made a session of its own is not found.
  case sessions

  /// What is in force for jobs of this process. Asked of the system once, which costs some file operations.
  public static var current: Containment { ContainmentSurvey.current.choice }
}
