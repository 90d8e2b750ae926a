/// The rules of Landlock for a sandbox. Pure: what is in a folder is asked for when the rules are applied.
///
/// A rule gives rights to a folder and all below it, and nothing can take them away further down. So a folder with
/// something in it that has fewer rights gets none itself; what is in it gets them, one by one, as it is at that moment.
struct LandlockRules: Sendable, Hashable {
  /// What may be done.
  enum Right: Sendable, Hashable, CaseIterable {
    case read
    case write
  }

  /// Who gets a right.
  enum Rule: Sendable, Hashable {
    /// A path and all below it.
    case tree(AbsolutePath, Right)
    /// What is in a folder, but for these names; each with all below it. Symbolic links get nothing.
    case entries(of: AbsolutePath, except: Set<String>, Right)
  }

  /// The rules, in no order that matters.
  let rules: [Rule]

  /// The devices that a job may use. `/dev/pts` for programs that make terminals of their own.
  static let devices = ["null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts"].map { "/dev/\($0)" }

  /// Works out the rules.
  init(_ view: SandboxView) {
    var rules: [Rule] = []
    for (path, entry) in view.ordered {
      for right in Right.allCases where entry.access.gives(right) {
        LandlockRules.cover(path, right, view, &rules)
      }
    }
    self.rules = rules
  }

  /// Gives a folder a right, around all entries in it that do not have it.
  private static func cover(_ path: AbsolutePath, _ right: Right, _ view: SandboxView, _ rules: inout [Rule]) {
    let inner = view.entries.filter { $0.key != path && $0.key.isInside(path) }
    if inner.allSatisfy({ $0.value.access.gives(right) }) {
      rules.append(.tree(path, right))
      return
    }
    let depth = path.components.count
    let names = Set(inner.keys.map { String($0.components[depth]) })
    rules.append(.entries(of: path, except: names, right))
    for name in names.sorted() where view.entries[path.appending(name)] == nil {
      cover(path.appending(name), right, view, &rules)
    }
  }
}

extension SandboxView.Access {
  /// Whether it holds the right.
  fileprivate func gives(_ right: LandlockRules.Right) -> Bool {
    switch self {
    case .readable: right == .read
    case .writable: true
    // Links are followed to where they lead, and that has an entry of its own.
    case .hidden, .temporary, .processes, .devices, .link: self == .processes && right == .read
    }
  }
}
