internal import Jobs
internal import LuaBindings

/// With what a group ran, for `results:retry`.
struct GroupMaterial {
  /// The specs of its tasks, as the script wrote them.
  var specs: [LuaValue] = []
  var options = LuaValue.nil
}

/// A group some of whose tasks run again: those at `places`, in order.
struct GroupAgain {
  var jobs: [JobID]
  var keys: [String?]
  var waves: [[Int]]
  var places: [Int]
}

// What stdlib/agentscript/group_results.lua stands on.
extension ScriptHost {
  /// The number of the Lua type that gives the results of a group their methods.
  static let groupResultsType: UInt32 = 11

  func defineGroupResults() throws(LuaError) {
    let module = ScriptHost.moduleName
    try define("group_members", in: module) { host, call throws(HostFailure) in try host.groupMembers(call) }
    try define("group_again", in: module) { host, call throws(HostFailure) in try host.groupAgain(call) }
    let text = register("tostring", isAlwaysAllowed: true) { host, call throws(HostFailure) in
      guard case .table(let table) = call[0] else { return .value("group results") }
      return .value(.text(host.describe(results: table)))
    }
    try lua.define(tableType: ScriptHost.groupResultsType, name: "group results", text: text)
    try lua.define(
      lazyMethod: "retry", ofTableType: ScriptHost.groupResultsType, from: "agentscript.group_results")
  }

  /// The group of these results. Where it stands no id can be.
  func ownGroup(_ group: JobGroup) -> LuaTable.Pair {
    LuaTable.Pair(key: .integer(0), value: objects.push(.jobGroup(group)))
  }

  /// "2 of 4 tasks did not succeed: lint, test"
  private func describe(results: LuaTable) -> String {
    guard let pair = results.pairs.first(where: { $0.key == .integer(0) }),
      case .jobGroup(let group) = objects[pair.value]
    else { return "group results" }
    let failed = group.jobs.indices.filter { book.records[group.jobs[$0]]?.isFailure != false }
    let count = "\(group.jobs.count) task\(group.jobs.count == 1 ? "" : "s")"
    if failed.isEmpty { return "\(count), none failed" }
    let names = failed.prefix(10).map { place in
      group.keys[place] ?? book.records[group.jobs[place]]?.name ?? group.jobs[place].rawValue
    }
    let more = failed.count > names.count ? " and \(failed.count - names.count) more" : ""
    return "\(failed.count) of \(count) did not succeed: \(names.joined(separator: ", "))\(more)"
  }

  /// `group_members(group) -> {{spec, success, failed, result}, …}, options`
  private func groupMembers(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    guard case .jobGroup(let group) = objects[call[0]] else { throw .misuse("retry: this is no group") }
    let members = zip(group.jobs, group.material.specs).map { job, spec -> LuaValue in
      let record = book.records[job], isSuccess = record?.isSuccess == true
      return .table(
        LuaTable(fields: [
          ("spec", spec), ("success", .boolean(isSuccess)), ("failed", .boolean(record?.isFailure != false)),
          ("result", isSuccess ? .nil : result(job)),
        ]))
    }
    let options = group.material.options.isNil ? LuaValue.table(LuaTable()) : group.material.options
    return .values([.table(LuaTable(array: members)), options])
  }

  /// `group_again(group, specs, options)`: in the list of specs stands false for each task that is left as it is.
  private func groupAgain(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    guard case .jobGroup(let group) = objects[call[0]], case .table(let list) = call[1] else {
      throw .misuse("retry: this is no group")
    }
    let places = list.array.indices.filter { list.array[$0] != .boolean(false) }
    var request = try withGiven(
      try GroupRequest(.table(LuaTable(array: places.map { list.array[$0] })), call[2], origin: lua.currentPlace()))
    var material = GroupMaterial(specs: group.material.specs, options: call[2])
    for place in places { material.specs[place] = list.array[place] }
    request.material = material
    request.again = GroupAgain(jobs: group.jobs, keys: group.keys, waves: group.waves, places: places)
    giveWhatIsThere(to: &request, of: group, except: Set(places))
    guard !places.isEmpty else {
      return request.runsInBackground ? .value(objects.push(.jobGroup(group))) : try awaitGroup(group, until: nil)
    }
    return try submit(request, call)
  }

  /// Dependencies that do not run again are fulfilled already.
  private func giveWhatIsThere(to request: inout GroupRequest, of group: JobGroup, except again: Set<Int>) {
    var ended: [String: JobID] = [:]
    for (place, key) in group.keys.enumerated() where !again.contains(place) {
      if let key { ended[key] = group.jobs[place] }
    }
    for index in request.tasks.indices {
      for name in request.tasks[index].dependencies {
        if let job = ended[name] { request.tasks[index].given[name] = job }
      }
      request.tasks[index].dependencies.removeAll { ended[$0] != nil }
    }
  }

  /// The group of the script: with the jobs that stay, if only some of its tasks run again.
  func jobGroup(_ record: GroupRecord, _ request: GroupRequest) -> JobGroup {
    let ids = record.jobs.map(\.id), group: JobGroup
    if let again = request.again {
      var jobs = again.jobs
      for (place, id) in zip(again.places, ids) { jobs[place] = id }
      group = JobGroup(id: record.id, jobs: jobs, keys: again.keys, waves: again.waves)
    } else {
      group = JobGroup(id: record.id, jobs: ids, keys: request.tasks.map(\.key), waves: record.waves)
    }
    group.onError = request.onError
    group.material = request.material
    return group
  }
}
