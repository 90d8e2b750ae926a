/// Who says that it reads or writes what, found by what the paths begin with: a tree of names from the root down.
///
/// Asking costs the depth of the pattern and the number of those that begin alike, not of all.
struct PathIndex<Owner: Hashable & Sendable>: Sendable {
  private struct Entry: Sendable {
    let owner: Owner
    let path: GlobPath
    let writes: Bool
  }

  private struct Node: Sendable {
    let parent: Int?
    let name: [UInt32]
    var children: [[UInt32]: Int] = [:]
    var entries: [Entry] = []
  }

  private var nodes: [Node] = [Node(parent: nil, name: [])]
  private var free: [Int] = []
  private var places: [Owner: Set<Int>] = [:]

  /// Whether nobody is in it.
  var isEmpty: Bool { places.isEmpty }

  /// How many nodes the tree has; for tests of memory.
  var nodeCount: Int { nodes.count - free.count }

  /// Notes what somebody reads and writes.
  mutating func insert(_ owner: Owner, _ access: PathAccess) {
    for (pattern, writes) in access.uses {
      for path in pattern.alternatives {
        let node = node(for: path)
        nodes[node].entries.append(Entry(owner: owner, path: path, writes: writes))
        places[owner, default: []].insert(node)
      }
    }
  }

  /// Forgets somebody.
  mutating func remove(_ owner: Owner) {
    for node in places.removeValue(forKey: owner) ?? [] {
      nodes[node].entries.removeAll { $0.owner == owner }
      prune(node)
    }
  }

  /// Who writes what this reads or writes, or reads what it writes.
  func conflicts(with access: PathAccess) -> Set<Owner> {
    var owners: Set<Owner> = []
    for (pattern, writes) in access.uses {
      for path in pattern.alternatives {
        visit(path) { entry in
          if writes || entry.writes, !owners.contains(entry.owner), entry.path.overlaps(path) {
            owners.insert(entry.owner)
          }
        }
      }
    }
    return owners
  }

  /// All that begins as the path does, or as whose beginning the path goes on.
  private func visit(_ path: GlobPath, _ body: (Entry) -> Void) {
    var node = 0
    for name in path.firstNames {
      nodes[node].entries.forEach(body)
      guard let next = nodes[node].children[name] else { return }
      node = next
    }
    var open = [node]
    while let next = open.popLast() {
      nodes[next].entries.forEach(body)
      open += nodes[next].children.values
    }
  }

  private mutating func node(for path: GlobPath) -> Int {
    var node = 0
    for name in path.firstNames {
      if let next = nodes[node].children[name] {
        node = next
        continue
      }
      let next = free.popLast() ?? nodes.count
      let made = Node(parent: node, name: name)
      if next == nodes.count { nodes.append(made) } else { nodes[next] = made }
      nodes[node].children[name] = next
      node = next
    }
    return node
  }

  private mutating func prune(_ node: Int) {
    var node = node
    while let parent = nodes[node].parent, nodes[node].entries.isEmpty, nodes[node].children.isEmpty {
      nodes[parent].children[nodes[node].name] = nil
      nodes[node] = Node(parent: nil, name: [])
      free.append(node)
      node = parent
    }
  }
}

extension GlobPath {
  /// The names that each path of it begins with.
  var firstNames: [[UInt32]] {
    var names: [[UInt32]] = []
    for part in parts {
      guard case .literal(let name) = part else { break }
      names.append(name)
    }
    return names
  }
}

extension PathAccess {
  /// What it writes, and what it reads.
  var uses: [(pattern: GlobPattern, writes: Bool)] { writes.map { ($0, true) } + reads.map { ($0, false) } }
}
