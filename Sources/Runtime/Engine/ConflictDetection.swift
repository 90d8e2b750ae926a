internal import Jobs

/// What is done about tasks of a group of which one writes what another one reads or writes.
enum ConflictDetection: Sendable, Hashable {
  /// They run one after the other.
  case serialize
  /// The group is refused.
  case error
  /// Each works in a worktree of its own.
  case isolate
  /// Nothing.
  case off

  /// As scripts write it.
  static let words: [(word: String, choice: ConflictDetection)] = [
    ("serialize", .serialize), ("error", .error), ("isolate", .isolate), ("off", .off),
  ]
}

// What a group's tasks do to each other's files, before any of them starts.
extension GroupSpec {
  /// The graph of the tasks. A task that has neither a key nor an id is known by its place, which nobody can name.
  func plan() throws(TaskError) -> GroupPlan {
    let keys = members.enumerated().map { $1.key ?? $1.spec.id?.rawValue ?? "\u{0}\($0)" }
    do throws(GroupError) {
      return try GroupPlan(keys: keys, dependencies: members.map(\.dependencies))
    } catch {
      throw TaskError(code: .badGroup, description: error.description)
    }
  }

  /// The conflicts of the tasks; nil where nobody asks, or nobody says what it touches.
  func conflicts() throws(TaskError) -> ConflictGraph? {
    guard conflictDetection != .off, members.contains(where: { !$0.spec.sharedAccess.isEmpty }) else { return nil }
    do throws(ConflictError) {
      return try ConflictGraph(members.map(\.spec.sharedAccess))
    } catch {
      throw TaskError(code: .badGroup, description: error.sentence)
    }
  }

  /// Refuses the group if conflicts are errors and it has any that no dependency puts in order.
  func refuseConflicts(_ conflicts: ConflictGraph?, _ plan: GroupPlan) throws(TaskError) {
    guard conflictDetection == .error, let found = conflicts?.unordered(in: plan), let first = found.first else {
      return
    }
    let more = found.count > 1 ? " (and \(found.count - 1) more such pairs)" : ""
    let sentence = first.sentence(title(of: first.first.task), title(of: first.second.task))
    throw TaskError(
      code: .badGroup,
      description: "\(sentence)\(more): put them in order by a dependency, or leave conflict_detection at \"serialize\""
    )
  }

  /// The group with those tasks in worktrees of their own that get in each other's way, if that is wanted; and with those
  /// that depend on them, which would not see their work otherwise. Functions stay where they are.
  func isolated() throws(TaskError) -> GroupSpec {
    guard conflictDetection == .isolate, let conflicts = try conflicts() else { return self }
    let plan = try plan()
    let pairs = conflicts.unordered(in: plan)
    var open = pairs.flatMap { [$0.first.task, $0.second.task] }
    var group = self
    var seen: Set<Int> = []
    while let index = open.popLast() {
      guard seen.insert(index).inserted else { continue }
      open += plan.dependents[index]
      guard members[index].spec.work != .function, members[index].spec.worktree == nil else { continue }
      if let fault = members[index].key.flatMap({ WorktreeName.fault(in: $0) }) {
        throw TaskError(code: .badGroup, description: fault)
      }
      group.members[index].spec.worktree = .auto
    }
    return group
  }

  /// What people call a task.
  func title(of index: Int) -> String {
    members[index].key ?? members[index].spec.name ?? members[index].spec.id?.rawValue ?? "number \(index + 1)"
  }
}
