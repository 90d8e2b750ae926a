/// The tasks of a group and who waits for whom: checked, and without a cycle.
struct GroupPlan: Sendable, Hashable {
  /// The tasks' names, in the order in which they were given.
  let keys: [String]
  /// For each task, the tasks that must end before it starts, each once.
  let dependencies: [[Int]]
  /// For each task, the tasks that wait for it.
  let dependents: [[Int]]
  /// The tasks by depth: those of the first wave depend on nothing, those of a later one on the wave before it. A view for
  /// people: tasks start when their own dependencies have ended, not wave by wave.
  let waves: [[Int]]

  /// Checks the names and the dependencies. Throws the first fault: a name given twice, a dependency that is no task of the
  /// group, a task that names itself or names another twice, a cycle with its whole path.
  init(keys: [String], dependencies names: [[String]]) throws(GroupError) {
    precondition(keys.count == names.count, "\(keys.count) tasks with \(names.count) lists of dependencies")
    var indices: [String: Int] = [:]
    for (index, key) in keys.enumerated() {
      guard indices.updateValue(index, forKey: key) == nil else { throw GroupError.doubledKey(key) }
    }
    var resolved: [[Int]] = []
    for (index, list) in names.enumerated() {
      resolved.append(try GroupPlan.resolve(list, of: keys[index], in: indices, keys: keys))
    }
    self.keys = keys
    dependencies = resolved
    var waiting = [[Int]](repeating: [], count: keys.count)
    for (index, list) in resolved.enumerated() {
      for dependency in list { waiting[dependency].append(index) }
    }
    dependents = waiting
    waves = try GroupPlan.waves(keys: keys, dependencies: resolved, dependents: waiting)
  }

  private static func resolve(
    _ names: [String], of key: String, in indices: [String: Int], keys: [String]
  ) throws(GroupError) -> [Int] {
    var result: [Int] = []
    for name in names {
      guard name != key else { throw GroupError.selfDependency(key) }
      guard let index = indices[name] else { throw GroupError.unknownDependency(name, of: key, known: keys) }
      guard !result.contains(index) else { throw GroupError.doubledDependency(name, of: key) }
      result.append(index)
    }
    return result
  }

  private static func waves(
    keys: [String], dependencies: [[Int]], dependents: [[Int]]
  ) throws(GroupError) -> [[Int]] {
    var open = dependencies.map(\.count)
    var wave = open.indices.filter { open[$0] == 0 }
    var result: [[Int]] = []
    var placed = 0
    while !wave.isEmpty {
      result.append(wave)
      placed += wave.count
      var next: [Int] = []
      for index in wave {
        for dependent in dependents[index] {
          open[dependent] -= 1
          if open[dependent] == 0 { next.append(dependent) }
        }
      }
      wave = next.sorted()
    }
    guard placed == keys.count else {
      throw GroupError.cycle(cycle(dependencies: dependencies, open: open).map { keys[$0] })
    }
    return result
  }

  /// The path of one cycle, its first task repeated at the end. Every task with an open dependency leads into one.
  private static func cycle(dependencies: [[Int]], open: [Int]) -> [Int] {
    guard var current = open.firstIndex(where: { $0 > 0 }) else { return [] }
    var path: [Int] = []
    var places: [Int: Int] = [:]
    while places[current] == nil {
      places[current] = path.count
      path.append(current)
      guard let next = dependencies[current].first(where: { open[$0] > 0 }) else { return path }
      current = next
    }
    return Array(path[(places[current] ?? 0)...]) + [current]
  }
}

/// Why a group of tasks cannot be run.
enum GroupError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The same name was given to two tasks.
  case doubledKey(String)
  /// A task waits for itself.
  case selfDependency(String)
  /// A task waits for something that is not in the group, whose tasks are `known`.
  case unknownDependency(String, of: String, known: [String])
  /// A task names the same dependency twice.
  case doubledDependency(String, of: String)
  /// Tasks that wait for each other, each for the one after it; the last is the first again.
  case cycle([String])

  /// One sentence that names the tasks.
  var description: String {
    switch self {
    case .doubledKey(let key):
      "two tasks of the group have the id '\(key)'"
    case .selfDependency(let key):
      "task '\(key)' depends on itself"
    case .unknownDependency(let name, let key, let known):
      "task '\(key)' depends on '\(name)', which is no task of the group (it has \(GroupError.list(known)))"
    case .doubledDependency(let name, let key):
      "task '\(key)' names its dependency '\(name)' twice"
    case .cycle(let path):
      "the tasks of the group wait for each other in a circle: " + path.map { "'\($0)'" }.joined(separator: " → ")
    }
  }

  private static func list(_ names: [String]) -> String {
    let names = names.filter { !$0.hasPrefix("\u{0}") }
    if names.isEmpty { return "no task with an id" }
    let shown = names.prefix(10).map { "'\($0)'" }.joined(separator: ", ")
    return names.count > 10 ? "\(shown) and \(names.count - 10) more" : shown
  }
}
