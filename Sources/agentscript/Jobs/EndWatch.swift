import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Waits for jobs of any process to end, by looking whether the registry has changed.
struct EndWatch {
  private let desk: JobDesk
  private var waiting: [JobID]

  /// How long after a look the next one follows.
  private static let interval = 50
  /// How often a dead owner is looked for.
  private static let ownerInterval = 1000

  /// A watch over jobs that may have ended already.
  init(_ desk: JobDesk, _ jobs: [JobID]) {
    self.desk = desk
    waiting = jobs
  }

  /// The jobs that have not ended.
  var rest: [JobID] { waiting }

  /// Hands over each job as it ends. Returns true when all have, false at the deadline.
  mutating func run(for limit: Duration?, ended: (JobRecord) throws -> Void) throws -> Bool {
    let start = Moment.now()
    var version: Int64?
    var lastOwnerLook = start
    while true {
      let now = try desk.registry.dataVersion()
      if now != version {
        version = now
        for id in waiting {
          guard let job = try desk.job(id) else {
            waiting.removeAll { $0 == id }
            throw CommandFailure.failed("job '\(id)' was removed meanwhile")
          }
          guard job.status.isTerminal else { continue }
          waiting.removeAll { $0 == id }
          try ended(job)
        }
      }
      if waiting.isEmpty { return true }
      let moment = Moment.now()
      if let limit, Duration.milliseconds(moment.millisecondsSince(start)) >= limit { return false }
      if moment.millisecondsSince(lastOwnerLook) >= Self.ownerInterval {
        lastOwnerLook = moment
        try desk.findLost()
      }
      usleep(UInt32(Self.interval * 1000))
    }
  }
}
