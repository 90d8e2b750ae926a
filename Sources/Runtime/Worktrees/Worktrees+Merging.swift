import Jobs

// What takes finished works over into the user's checkouts.
extension Worktrees {
  /// How often a checkout is tried that moves on meanwhile.
  private static let tries = 5

  fileprivate struct Place: Hashable {
    let checkout: String
    let target: String?
  }

  /// Merges the works that wait for it, each after those it is built on, else in the order given, and returns all of them
  /// as they are then. One checkout after the other: its works are put together elsewhere, and it is brought to the whole
  /// in one step, or not touched.
  func merge(_ works: [FinishedWork]) async -> [FinishedWork] {
    await line.pass {
      var result = works
      let waiting = works.indices.filter { works[$0].worktree.stage == .collected }
      var places: [Place] = []
      for index in waiting where !places.contains(works[index].place) { places.append(works[index].place) }
      for place in places {
        await merge(waiting.filter { works[$0].place == place }, of: &result, into: place)
      }
      markBroughtAlong(&result)
      return result
    }
  }

  private func merge(_ indices: [Int], of works: inout [FinishedWork], into place: Place) async {
    let candidates = indices.map { works[$0] }
    var plan = MergePlan(indices.map { planned(works[$0], among: candidates, all: works) })
    let fates: [MergePlan.Fate]
    do throws(GitFault) {
      let git = try await git()
      fates = try await carryOut(&plan, place, git)
    } catch {
      fates = indices.map { _ in .refused(error.description) }
    }
    for (place, index) in indices.enumerated() {
      works[index].take(fates[place], names: candidates.map(\.name))
      if fates[place] == .merged, let git = try? await git() {
        let worktree = works[index].worktree
        await git.giveUpBranch(of: &works[index].worktree, at: worktree.tip ?? worktree.base)
      }
    }
  }

  /// A work, and the nearest candidates below it: what lies between is not merged by itself.
  private func planned(
    _ work: FinishedWork, among candidates: [FinishedWork], all: [FinishedWork]
  ) -> MergePlan.Work {
    var places: Set<Int> = []
    var line = work.foundations
    var seen = Set(line)
    while let job = line.popLast() {
      if let place = candidates.firstIndex(where: { $0.job == job }) {
        places.insert(place)
      } else if let below = all.first(where: { $0.job == job })?.foundations {
        line += below.filter { seen.insert($0).inserted }
      }
    }
    return MergePlan.Work(
      name: work.name, tip: work.worktree.tip ?? work.worktree.base, files: Set(work.files),
      foundations: places.sorted())
  }

  private func carryOut(_ plan: inout MergePlan, _ place: Place, _ git: Git) async throws(GitFault) -> [MergePlan.Fate]
  {
    for _ in 0..<Worktrees.tries {
      var attempt = MergePlan(plan.works)
      let checkout = try await git.checkout(at: place.checkout)
      var current = checkout.head
      while let index = attempt.next() {
        let work = attempt.works[index]
        do throws(GitFault) {
          switch try await git.merge(
            work.tip, into: current, message: "Merge the work of task '\(work.name)'", in: checkout.top)
          {
          case .merged(let commit):
            current = commit
            attempt.merged(index)
          case .conflict(let files):
            attempt.conflicted(index, in: files, other: checkout.branch ?? checkout.head)
          }
        } catch {
          attempt.refused(index, error.description)
        }
      }
      let reference = place.target.map { "refs/heads/\($0)" }
      switch try await git.move(checkout, to: current, expecting: reference) {
      case .moved: return attempt.fates.compactMap { $0 }
      case .overtaken: continue
      case .refused(let reason):
        return attempt.fates.compactMap { $0 == .merged ? .refused(reason) : $0 }
      }
    }
    let reason = "what is checked out in '\(Escaping.line(place.checkout))' changed again and again meanwhile"
    return plan.works.map { _ in .refused(reason) }
  }

  /// Works that are not merged by themselves come along with those that are built on them.
  private func markBroughtAlong(_ works: inout [FinishedWork]) {
    for work in works where work.worktree.merged {
      var line = work.foundations
      while let job = line.popLast() {
        guard let index = works.firstIndex(where: { $0.job == job }), !works[index].worktree.merged else { continue }
        guard works[index].worktree.tip != works[index].worktree.base else { continue }
        works[index].worktree.merged = true
        let note = "merged along with '\(work.name)', which is built on it"
        works[index].worktree.add(note: note)
        line += works[index].foundations
      }
    }
  }
}

extension FinishedWork {
  fileprivate var place: Worktrees.Place { .init(checkout: worktree.checkout, target: worktree.target) }

  /// Takes in what became of it.
  fileprivate mutating func take(_ fate: MergePlan.Fate, names: [String]) {
    let branch = FileNames.quoted(worktree.branch)
    let way = "its changes are on the branch \(branch): 'git merge \(branch)' takes them over"
    worktree.stage = .settled
    switch fate {
    case .merged:
      worktree.merged = true
      worktree.note = worktree.target == nil ? "no branch was checked out: the commit alone holds it" : nil
    case .conflict(let conflicts):
      worktree.conflicts = conflicts.map { .init(file: GitTalk.text($0.file), with: $0.with) }
      let others = Set(conflicts.map(\.with)).sorted().map { "'\($0)'" }.joined(separator: " and ")
      let files = FileNames.list(Array(Set(worktree.conflicts.map(\.file))).sorted())
      worktree.note = "not merged: it conflicts with \(others) in \(files); \(way), with the conflicts to be resolved"
    case .heldBack(let index):
      worktree.note = "not merged: it is built on the work of '\(names[index])', which was not; \(way)"
    case .refused(let reason):
      worktree.note = "not merged: \(reason); \(way)"
    }
  }
}
