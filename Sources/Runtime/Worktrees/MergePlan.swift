/// Which works of a group go into a checkout, in which order, and who is to be named when two do not go together: a pure
/// state machine.
///
/// Invariants: a work comes after those that it is built on, else in the order of the list; one that is built on a work
/// that was not merged is not merged either, since it brings that along.
struct MergePlan: Sendable {
  /// A job's work.
  struct Work: Sendable, Hashable {
    /// How people call its task.
    var name: String
    /// The commit.
    var tip: String
    /// The files that it changed.
    var files: Set<[UInt8]>
    /// The works that it is built on, by their places.
    var foundations: [Int]
  }

  /// What became of a work.
  enum Fate: Sendable, Hashable {
    case merged
    /// It does not go together with these; the files, and with whom.
    case conflict([Conflict])
    /// It is built on this one, which was not merged.
    case heldBack(by: Int)
    /// git refused, for this reason.
    case refused(String)
  }

  /// A file on which two sides do not agree.
  struct Conflict: Sendable, Hashable {
    var file: [UInt8]
    var with: String
  }

  let works: [Work]
  private(set) var fates: [Fate?]

  /// A plan for works of which none is merged. Foundations must not go in a circle.
  init(_ works: [Work]) {
    self.works = works
    fates = .init(repeating: nil, count: works.count)
  }

  /// The next work to be merged; nil when the fate of all is known. Those that are held back are decided on the way.
  mutating func next() -> Int? {
    while let index = fates.indices.first(where: { fates[$0] == nil && isReady($0) }) {
      guard let missing = works[index].foundations.first(where: { fates[$0] != .merged }) else { return index }
      fates[index] = .heldBack(by: missing)
    }
    return nil
  }

  private func isReady(_ index: Int) -> Bool { works[index].foundations.allSatisfy { fates[$0] != nil } }

  /// The work went in.
  mutating func merged(_ index: Int) { fates[index] = .merged }

  /// git would not do it.
  mutating func refused(_ index: Int, _ reason: String) { fates[index] = .refused(reason) }

  /// The work conflicts in these files with what has been merged before, or with the `other` side: what the checkout
  /// itself has.
  mutating func conflicted(_ index: Int, in files: [[UInt8]], other: String) {
    let below = foundations(of: index)
    let known = fates.indices.filter { fates[$0] == .merged && !below.contains($0) }
    fates[index] = .conflict(MergePlan.attribute(files, to: known.map { works[$0] }, other: other))
  }

  /// All that a work brings along.
  private func foundations(of index: Int) -> Set<Int> {
    var found: Set<Int> = []
    var line = works[index].foundations
    while let next = line.popLast() {
      if found.insert(next).inserted { line += works[next].foundations }
    }
    return found
  }

  /// Who has changed which of the files; the `other` side where nobody of these has.
  static func attribute(_ files: [[UInt8]], to works: [Work], other: String) -> [Conflict] {
    files.flatMap { file in
      let names = works.filter { $0.files.contains(file) }.map(\.name)
      return (names.isEmpty ? [other] : names).map { Conflict(file: file, with: $0) }
    }
  }
}
