/// Why the registry could not do what it was asked.
public struct RegistryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of trouble.
  public enum Code: Hashable, Sendable {
    /// A later version of this program has changed the registry's form.
    case newerSchema(found: Int, known: Int)
    /// The file is no registry of ours.
    case notARegistry
    /// The file is broken.
    case damaged
    /// The file lies on a file system over which locks cannot be trusted.
    case networkFileSystem(String)
    /// There is no registry.
    case missing
    /// Its folder cannot be used.
    case folder(StateDirectoryError)
    /// The file or its folder may not be written to.
    case notWritable
    /// No space is left; so many bytes are free for this user.
    case diskFull(freeBytes: Int64?)
    /// The disk failed.
    case inputOutput
    /// Another process kept the registry locked for too long.
    case busy
    /// The registry was closed.
    case closed
    /// A job with that id exists.
    case idTaken(JobID)
    /// A run with that id exists.
    case runTaken(RunID)
    /// No job has that id.
    case noSuchJob(JobID)
    /// No run has that id.
    case noSuchRun(RunID)
    /// The job has ended, and an ended job does not change.
    case alreadyEnded(JobID)
    /// The job lives, and a live job is not removed.
    case stillLive(JobID)
    /// The rules of the registry forbid the change.
    case refused
    /// SQLite failed in a way that has no case of its own.
    case other
  }

  /// What is wrong.
  public let code: Code
  /// What the library below said.
  public let underlying: String?
  /// The file that it is about.
  public let context: String

  init(_ code: Code, context: String, underlying: String? = nil) {
    self.code = code
    self.underlying = underlying
    self.context = context
  }

  /// One sentence.
  public var description: String {
    let because = underlying.map { " (\($0))" } ?? ""
    return switch code {
    case .newerSchema(let found, let known):
      "\(context) was made by a newer agentscript (schema \(found), this one knows \(known)): use that version, "
        + "or another state folder by \(StateDirectory.variable)"
    case .notARegistry: "\(context) is not an agentscript registry: move it away, or set \(StateDirectory.variable)"
    case .damaged: "the registry \(context) is damaged\(because)"
    case .networkFileSystem(let name):
      "\(context) lies on a \(name) file system, where several processes cannot share a registry safely: "
        + "set \(StateDirectory.variable) to a folder on a local disk"
    case .missing: "there is no registry \(context)"
    case .folder(let error): error.description
    case .notWritable: "cannot write \(context)\(because): make it and its folder writable for you"
    case .diskFull(let free):
      "the disk is full: \(context) could not be written"
        + (free.map { " (\($0) bytes are free)" } ?? "")
    case .inputOutput: "reading or writing \(context) failed\(because)"
    case .busy: "another process has kept the registry \(context) locked for too long"
    case .closed: "the registry \(context) has been closed"
    case .idTaken(let id): "a job with the id \(id) exists already: choose another id, or remove that job"
    case .runTaken(let id): "a run with the id \(id) exists already"
    case .noSuchJob(let id): "there is no job \(id)"
    case .noSuchRun(let id): "there is no run \(id)"
    case .alreadyEnded(let id): "job \(id) has ended, and its record does not change any more"
    case .stillLive(let id): "job \(id) has not ended: cancel it first"
    case .refused: "the registry \(context) refused a change\(because)"
    case .other: "the registry \(context) failed\(because)"
    }
  }
}
