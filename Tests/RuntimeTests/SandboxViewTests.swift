import Testing

@testable import Runtime

/// What a sandbox shows, and how that becomes options and rules: pure.
@Suite struct SandboxViewTests {
  private func path(_ text: String) -> AbsolutePath { AbsolutePath(text) }

  @Test func pathsAreNormalizedAndComparedByBytes() {
    #expect(AbsolutePath("a/./b//../c", from: path("/x")).text == "/x/a/c")
    #expect(AbsolutePath("/../..").text == "/")
    #expect(path("/a/b").isInside(path("/a")) && path("/a").isInside(path("/a")) && path("/a").isInside(.root))
    #expect(!path("/ab").isInside(path("/a")) && !path("/a").isInside(path("/a/b")))
    #expect(path("/a").parent == .root && path("/").parent == .root && path("/a/b").parent == path("/a"))
    // The same letter in two spellings is two files.
    #expect(path("/caf\u{E9}") != path("/cafe\u{301}"))
    #expect(Set([path("/caf\u{E9}"), path("/cafe\u{301}")]).count == 2)
  }

  @Test func theNearestEntryDecides() {
    var view = SandboxView(root: .readable)
    view.set(path("/home/ada/work"), .writable)
    view.set(path("/home/ada/work/.git"), .readable)
    view.set(path("/home/ada/.ssh"), .hidden)
    #expect(view.access(to: path("/etc/passwd")) == .readable)
    #expect(view.access(to: path("/home/ada/work/src/main.c")) == .writable)
    #expect(view.access(to: path("/home/ada/work/.git/hooks/x")) == .readable)
    #expect(view.access(to: path("/home/ada/work/.github")) == .writable)
    #expect(view.access(to: path("/home/ada/.ssh/id")) == .hidden)
  }

  @Test func foldersAroundWhatIsProtectedArePinned() {
    var view = SandboxView(root: .readable)
    view.set(path("/w"), .writable)
    view.set(path("/w/a/b/.git"), .readable)
    view.pinFolders()
    #expect(view.entries[path("/w/a")]?.access == .writable && view.entries[path("/w/a/b")]?.access == .writable)
    #expect(view.entries[path("/w/a/b/c")] == nil && view.entries.count == 5)
  }

  @Test func masksOverWhatCannotBeSeenAreLeftOut() {
    var view = SandboxView(root: .hidden)
    view.set(path("/usr"), .readable)
    view.set(path("/usr/secret"), .hidden)
    view.set(path("/home/ada/.ssh"), .hidden)
    view.set(path("/tmp"), .temporary)
    view.set(path("/tmp/home/.aws"), .hidden)
    view.dropIdleMasks()
    #expect(Set(view.entries.keys.map(\.text)) == ["/", "/usr", "/usr/secret", "/tmp"])
  }

  @Test func aFolderWithSomethingForbiddenInItGetsNoRuleItself() {
    var view = SandboxView(root: .readable)
    view.set(path("/home/ada/.ssh"), .hidden)
    view.set(path("/home/ada/work"), .writable)
    view.set(path("/home/ada/work/.git"), .readable)
    let rules = Set(LandlockRules(view).rules)
    #expect(
      rules == [
        .entries(of: .root, except: ["home"], .read),
        .entries(of: path("/home"), except: ["ada"], .read),
        .entries(of: path("/home/ada"), except: [".ssh", "work"], .read),
        .tree(path("/home/ada/work"), .read),
        .tree(path("/home/ada/work/.git"), .read),
        .entries(of: path("/home/ada/work"), except: [".git"], .write),
      ])
  }

  @Test func noRuleOfRandomTreesGivesMoreThanTheTree() {
    var generator = SplitMix(seed: 7)
    let names = ["a", "b", "c"]
    for _ in 0..<500 {
      var view = SandboxView(root: Bool.random(using: &generator) ? .readable : .hidden)
      for _ in 0..<Int.random(in: 0...6, using: &generator) {
        let text = (0..<Int.random(in: 1...4, using: &generator)).map { _ in names.randomElement(using: &generator)! }
        let access: [SandboxView.Access] = [.hidden, .readable, .writable, .temporary]
        view.set(AbsolutePath(text.joined(separator: "/")), access.randomElement(using: &generator)!)
      }
      let rules = LandlockRules(view).rules
      for place in SandboxViewTests.allPaths(names, depth: 5) {
        let allowed = Set(rules.compactMap { SandboxViewTests.right($0, at: place) })
        let access = view.access(to: place)
        #expect(!allowed.contains(.write) || access == .writable, "\(place) in \(view)")
        #expect(allowed.isEmpty || access == .writable || access == .readable, "\(place) in \(view)")
        // And as much as the tree, but in folders that hold something forbidden.
        let isDivided = view.entries.contains { $0.key != place && $0.key.isInside(place) }
        if access == .readable, !isDivided { #expect(allowed.contains(.read), "\(place) in \(view)") }
        if access == .writable, !isDivided { #expect(allowed.contains(.write), "\(place) in \(view)") }
      }
    }
  }

  private static func allPaths(_ names: [String], depth: Int) -> [AbsolutePath] {
    var all: [AbsolutePath] = [.root]
    var last = all
    for _ in 0..<depth {
      last = last.flatMap { folder in names.map { folder.appending($0) } }
      all += last
    }
    return all
  }

  private static func right(_ rule: LandlockRules.Rule, at place: AbsolutePath) -> LandlockRules.Right? {
    switch rule {
    case .tree(let folder, let right): place.isInside(folder) ? right : nil
    case .entries(let folder, let names, let right):
      place != folder && place.isInside(folder)
        && !names.contains(String(place.components[folder.components.count])) ? right : nil
    }
  }
}
