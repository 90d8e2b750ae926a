/// Which ended jobs go. A job goes if any of the limits says so; jobs of a run that goes on never do.
public struct PruneRule: Sendable, Hashable {
  /// Jobs that ended longer ago than this go; nil for no such limit.
  public var age: Duration?
  /// Of the jobs at most so many stay, the latest; nil for no such limit.
  public var count: Int?
  /// The jobs' files together take at most so many bytes; nil for no such limit.
  public var bytes: Int64?

  /// Thirty days, in count and size without limit.
  public static let usual = PruneRule(age: .seconds(30 * 24 * 3600))

  /// Limits as given.
  public init(age: Duration? = nil, count: Int? = nil, bytes: Int64? = nil) {
    self.age = age
    self.count = count
    self.bytes = bytes
  }

  struct Candidate: Hashable {
    let id: JobID
    let completedAt: Timestamp
    /// What its files take on the disk.
    let bytes: Int64
  }

  /// Chooses who goes, of candidates in the order of their end, the earliest first. `others` is what the files of jobs
  /// take that may not go.
  func victims(of candidates: [Candidate], now: Timestamp, others: Int64 = 0) -> ArraySlice<Candidate> {
    var going = 0
    if let age {
      let oldest = now.milliseconds - age.components.seconds * 1000
      going = candidates.prefix { $0.completedAt.milliseconds < oldest }.count
    }
    if let count { going = max(going, candidates.count - max(count, 0)) }
    if let bytes {
      var total = candidates.dropFirst(going).reduce(others) { $0 + $1.bytes }
      while total > bytes, going < candidates.count {
        total -= candidates[going].bytes
        going += 1
      }
    }
    return candidates.prefix(going)
  }
}

/// What `prune` did.
public struct PruneReport: Sendable, Hashable {
  /// The jobs that went, in the order of their end.
  public var removed: [JobID] = []
  /// The bytes of files that went or were saved by compression.
  public var freedBytes: Int64 = 0
  /// How many logs were compressed.
  public var compressed = 0
  /// Why a log could not be compressed, if one could not. It is as it was, and will be tried again.
  public var problem: RegistryError?
}
