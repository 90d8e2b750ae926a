internal import Jobs
internal import Synchronization

/// How far a run is as a whole.
public struct RunProgress: Sendable, Hashable {
  /// A part of it, by its name.
  public struct Part: Sendable, Hashable {
    /// A phase's name, or a group's id.
    public let name: String
    /// How far it is.
    public let rollup: ProgressRollup
  }

  /// All of it: jobs that belong to no other job, with what these have started inside of them.
  public let whole: ProgressRollup
  /// Its phases, in the order in which their first jobs came.
  public let phases: [Part]
  /// Its groups, in order.
  public let groups: [Part]
  /// All its jobs, the inner ones too.
  public let total: Int
  /// How many of these ended well.
  public let completed: Int
  /// How many ended otherwise.
  public let failed: Int
  /// How many run.
  public let running: Int
}

/// Keeps count of a run's jobs, and says how far they are: from any thread, whenever somebody asks.
///
/// It is told of each job as it changes. What tasks took in earlier runs is looked up in the registry when first somebody
/// asks, and not before.
public final class RunMeter: Sendable {
  fileprivate struct Entry {
    let id: JobID
    let phase: String?
    let group: String?
    let parent: JobID?
    let dependencies: [JobID]
    let takesSlot: Bool
    var status: JobStatus
    var began: MonotonicTime?
    var took: Int?
    var fraction: Double?
    var expected: Int?
  }

  fileprivate struct Unknown {
    let place: Int
    let name: String?
    let command: String?
  }

  fileprivate struct State {
    var entries: [Entry] = []
    var places: [JobID: Int] = [:]
    var groups: [String: [Int]] = [:]
    /// How many jobs of a group have not ended.
    var open: [String: Int] = [:]
    /// What each job has started, by its place.
    var children: [Int: [Int]] = [:]
    var groupOrder: [String] = []
    /// How many of a group are done at a time.
    var limits: [String: Int] = [:]
    /// What has not been looked up yet.
    var unknown: [Unknown] = []
    var registry: Registry?
    var slots = 1
    var lately: [String: (at: MonotonicTime, rollup: ProgressRollup)] = [:]
  }

  /// A large group is not counted anew for each of many events.
  private static let largeGroup = 200
  private static let freshness = Duration.milliseconds(50)

  private let state = Mutex(State())

  /// A meter that knows of no job.
  public init() {}

  /// Where durations are looked up, and how many commands of the run are done at a time.
  func bind(_ registry: Registry, slots: Int) {
    state.withLock { state in
      state.registry = registry
      state.slots = slots
    }
  }

  /// Of this group only so many are done at a time.
  func limit(_ group: String, to count: Int) { state.withLock { $0.limits[group] = count } }

  /// The registry is about to be closed.
  func unbind() { state.withLock { $0.registry = nil } }

  /// Takes a job's record as it is now.
  func note(_ record: JobRecord) {
    let now = MonotonicTime.now
    state.withLock { state in
      guard let place = state.places[record.id] else { return state.add(record, now) }
      let wasOpen = !state.entries[place].status.isTerminal
      state.entries[place].update(record, now)
      if wasOpen, record.status.isTerminal, let group = record.group { state.open[group, default: 1] -= 1 }
    }
  }

  /// How far the run is.
  public func run() -> RunProgress {
    lookUp()
    let now = MonotonicTime.now
    return state.withLock { state in
      var phases: [String: Set<Int>] = [:]
      var order: [String] = []
      for (place, entry) in state.entries.enumerated() {
        guard let phase = entry.phase else { continue }
        if phases[phase] == nil { order.append(phase) }
        phases[phase, default: []].insert(place)
      }
      let ended = state.entries.filter(\.status.isTerminal)
      let completed = ended.count { $0.status == .completed }
      return RunProgress(
        whole: state.rollup(Set(state.entries.indices), now),
        phases: order.map { .init(name: $0, rollup: state.rollup(phases[$0] ?? [], now)) },
        groups: state.groupOrder.map {
          .init(name: $0, rollup: state.rollup(Set(state.groups[$0] ?? []), now))
        },
        total: state.entries.count, completed: completed, failed: ended.count - completed,
        running: state.entries.count { $0.status == .running })
    }
  }

  /// How far the run is as a whole.
  public func whole() -> ProgressRollup {
    lookUp()
    let now = MonotonicTime.now
    return state.withLock { state in state.rollup(Set(state.entries.indices), now) }
  }

  /// How far a group is. Of a large one the estimate may be some hundredths of a second old while it has not ended.
  func group(_ id: String) -> ProgressRollup {
    lookUp()
    let now = MonotonicTime.now
    return state.withLock { state in
      let places = state.groups[id] ?? []
      if places.count > RunMeter.largeGroup, state.open[id] ?? 0 > 0, let (at, rollup) = state.lately[id],
        now.since(at) < RunMeter.freshness
      {
        return rollup
      }
      let rollup = state.rollup(Set(places), now)
      if places.count > RunMeter.largeGroup { state.lately[id] = (now, rollup) }
      return rollup
    }
  }

  /// Looks up what the jobs that are new are expected to take. Jobs that nobody knows stay unknown.
  private func lookUp() {
    let (unknown, registry) = state.withLock { state -> ([Unknown], Registry?) in
      guard state.registry != nil else { return ([], nil) }
      defer { state.unknown = [] }
      return (state.unknown, state.registry)
    }
    guard let registry, !unknown.isEmpty else { return }
    // A registry that cannot be read is a history that is not known.
    guard let found = try? registry.expectedDurations(of: unknown.map { ($0.name, $0.command) }) else { return }
    state.withLock { state in
      for (job, expected) in zip(unknown, found) { state.entries[job.place].expected = expected }
    }
  }
}

extension RunMeter.Entry {
  mutating func update(_ record: JobRecord, _ now: MonotonicTime) {
    status = record.status
    fraction = record.progress
    if record.status == .running { began = began ?? now }
    took = record.durationMs
  }

  func stage(_ now: MonotonicTime) -> ProgressRollup.Stage {
    if status.isTerminal { return .ended(took, isSuccess: status == .completed) }
    guard let began else { return .waiting }
    return .running(Int(now.since(began) / .milliseconds(1)))
  }
}

extension RunMeter.State {
  mutating func add(_ record: JobRecord, _ now: MonotonicTime) {
    let place = entries.count
    var entry = RunMeter.Entry(
      id: record.id, phase: record.phase, group: record.group, parent: record.parent,
      dependencies: record.dependencies, takesSlot: record.kind != .function, status: record.status)
    entry.update(record, now)
    entries.append(entry)
    places[record.id] = place
    if let group = record.group {
      if groups[group] == nil { groupOrder.append(group) }
      groups[group, default: []].append(place)
      if !record.status.isTerminal { open[group, default: 0] += 1 }
    }
    // Who starts a job was there before it.
    if let parent = record.parent.flatMap({ places[$0] }) { children[parent, default: []].append(place) }
    unknown.append(RunMeter.Unknown(place: place, name: record.name, command: record.command))
  }

  /// Rolls up some jobs: those whose parents are not among them, with their children inside.
  func rollup(_ chosen: Set<Int>, _ now: MonotonicTime) -> ProgressRollup {
    let tops = chosen.sorted().filter { place in
      guard let parent = entries[place].parent.flatMap({ places[$0] }) else { return true }
      return !chosen.contains(parent)
    }
    return rollup(list: tops, now)
  }

  private func rollup(list: [Int], _ now: MonotonicTime) -> ProgressRollup {
    var index: [JobID: Int] = [:]
    for (position, place) in list.enumerated() { index[entries[place].id] = position }
    let items = list.map { place in
      let entry = entries[place]
      return ProgressRollup.Item(
        stage: entry.stage(now), expected: entry.expected, fraction: entry.fraction,
        inner: entry.status.isTerminal ? nil : children[place].map { rollup(list: $0, now) },
        takesSlot: entry.takesSlot,
        lane: entry.group.flatMap { name in limits[name].map { ProgressRollup.Lane(name: name, limit: $0) } },
        dependencies: entry.dependencies.compactMap { index[$0] })
    }
    return ProgressRollup(items, slots: slots)
  }
}
