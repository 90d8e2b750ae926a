import Testing

@testable import Runtime

@Suite struct GlobPatternTests {
  private func glob(_ text: String, in folder: String = "/w") throws -> GlobPattern {
    try GlobPattern(text, in: folder)
  }

  private func fault(_ text: String) -> String? {
    do {
      _ = try GlobPattern(text, in: "/w")
      return nil
    } catch {
      return error.sentence
    }
  }

  @Test(arguments: [
    ("*.c", "/w/a.c", true), ("*.c", "/w/.a.c", true), ("*.c", "/w/d/a.c", false), ("**/*.c", "/w/d/e/a.c", true),
    ("**/*.c", "/w/a.c", true), ("/w/**/x", "/w/x", true), ("src/**", "/w/src", false), ("src/**", "/w/src/a/b", true),
    ("src", "/w/src", true), ("src", "/w/src/a/b", true), ("src", "/w/srcs", false), ("src/", "/w/src/a", true),
    ("s*/", "/w/src/a/b", true), ("s*", "/w/src/a", false), ("a?c", "/w/abc", true), ("a?c", "/w/aéc", true),
    ("a?c", "/w/ac", false), ("[a-c]x", "/w/bx", true), ("[!a-c]x", "/w/bx", false), ("[^a-c]x", "/w/dx", true),
    ("[]x]", "/w/]", true), ("[a\\]]", "/w/]", true), ("[a-]", "/w/-", true), ("[ab", "/w/[ab", true),
    ("{a,b{c,d}}.x", "/w/bd.x", true), ("{a}.x", "/w/{a}.x", true), ("a\\*", "/w/a*", true), ("a\\*", "/w/ab", false),
    ("\\{a,b\\}", "/w/{a,b}", true), ("../o/*.x", "/o/a.x", true), ("./a//b", "/w/a/b", true), ("/", "/any", true),
    ("../../../a", "/a", true), ("a/../b", "/w/b", true), ("{a/x,b/y}", "/w/b/y", true), ("**", "/w/a/b", true),
    ("a**b", "/w/axxb", true), ("*/..", "/w/z", true),
  ])
  func aPatternMatchesAsTheShellsDo(pattern: String, path: String, isMatch: Bool) throws {
    #expect(try glob(pattern).matches(path) == isMatch)
  }

  @Test(
    arguments: [
      ("src/**", "src/a.c", true), ("src/**/*.c", "src/*.h", false), ("src/auth/*", "src/profile/*", false),
      ("src/*/a", "src/b/*", true), ("*.c", "a*", true), ("*.c", "*.h", false), ("a*b", "*c*", true),
      ("a", "ab", false),
      ("a", "a/b/c", true), ("**/x", "y/**", true), ("**/x.c", "y/*.h", false), ("**/x", "y/z", false),
      ("**/x", "y/z/", true), ("y/z/*/x", "y/z", true),
      ("[a-m]*", "[n-z]*", false),
      ("[a-m]*", "[m-z]*", true), ("{a,b}/c", "{b,d}/c", true), ("{a,b}/c", "{d,e}/c", false), ("/w/a", "a", true),
      ("?", "[.]", false), ("??", "..?", false), ("??", ".?", true), ("?", ".", true), ("*", "**", true),
      ("a/**/b", "a/b", true), ("a/**", "a", true), ("[!a]", "a", false), ("[!a]", "[!b]", true), ("", "x", nil),
      ("é", "e\u{301}", false),
    ] as [(String, String, Bool?)])
  func patternsOverlapWhereAPathFitsBoth(one: String, other: String, expected: Bool?) throws {
    guard let expected else { return #expect(fault(one) != nil) }
    #expect(try glob(one).overlaps(glob(other)) == expected)
    #expect(try glob(other).overlaps(glob(one)) == expected)
  }

  @Test func aFolderOnTheDiskStandsForAllThatIsInIt() throws {
    let folder = try GlobPattern("src", in: "/w") { $0 == "/w/src" }
    let file = try GlobPattern("src", in: "/w")
    let sources = try glob("**/*.c")
    #expect(folder.overlaps(sources) && !file.overlaps(sources))
    let (same, below) = (try glob("src"), try glob("src/x/*"))
    #expect(folder.overlaps(same) && file.overlaps(same) && file.overlaps(below))
  }

  @Test func whatIsNoPatternIsToldInOneSentence() {
    #expect(fault("") == "an empty pattern stands for no file")
    #expect(fault("a\0b") == "the pattern contains a NUL byte")
    #expect(fault("[z-a]") == "in the pattern \"[z-a]\" the range z-a runs backwards")
    #expect(fault("[z-a") == nil, "no bracket closes it: it is no set")
    #expect(fault("**/../a") == "the pattern \"**/../a\" goes up from '**', which may be anywhere")
    let many = String(repeating: "{a,b}", count: 10)
    #expect(fault(many) == "the pattern \"\(many)\" stands for more than 1000")
  }

  /// All paths of up to three names over a small alphabet, against the patterns' own matching.
  private static let paths: [String] = {
    let names = ["a", "b", ".", "aa", "ab", "ba", "bb", ".a", "a.", "aab", "abb", "a.b"].filter { $0 != "." }
    var paths = [""]
    var all: [String] = ["/"]
    for _ in 0..<3 {
      paths = paths.flatMap { path in names.map { "\(path)/\($0)" } }
      all += paths
    }
    return all
  }()

  private static func randomPattern(_ random: inout SplitMix) -> String {
    let pieces = ["a", "b", "*", "?", ".", "[ab]", "[!a]", "{a,b.}", "[.b]", "**"]
    let depth = Int.random(in: 1...3, using: &random)
    let segments = (0..<depth).map { _ in
      if Int.random(in: 0..<5, using: &random) == 0 { return "**" }
      return (0..<Int.random(in: 1...3, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "a" }
        .joined()
    }
    return "/" + segments.joined(separator: "/")
  }

  /// With names of two characters at most, whatever two such patterns have in common has a short witness, unless one of
  /// them asks for longer names: so a claimed overlap without a witness is looked for among longer names too.
  @Test(arguments: 0..<16) func overlapsAgreeWithTryingAllPaths(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    for _ in 0..<25 {
      let texts = (GlobPatternTests.randomPattern(&random), GlobPatternTests.randomPattern(&random))
      guard fault(texts.0) == nil, fault(texts.1) == nil else { continue }
      let (one, other) = (try glob(texts.0), try glob(texts.1))
      // What is in a folder that looks like a file is no matter of matching.
      guard !(one.alternatives + other.alternatives).contains(where: \.isPlain) else { continue }
      let witness = GlobPatternTests.paths.first { one.matches($0) && other.matches($0) }
      if let witness {
        #expect(one.overlaps(other), "\(texts.0) and \(texts.1) both match \(witness)")
      } else if one.overlaps(other) {
        #expect(GlobPatternTests.longWitness(one, other), "\(texts.0) and \(texts.1): no path is in both")
      }
    }
  }

  /// Names of up to six characters in up to six folders, found by going on only where both can still match: the paths of
  /// each pattern alone are too many.
  private static func longWitness(_ one: GlobPattern, _ other: GlobPattern) -> Bool {
    var names = [""]
    var all: [String] = []
    for _ in 0..<5 {
      names = names.flatMap { name in ["a", "b", "."].map { name + $0 } }
      all += names
    }
    all.removeAll { $0 == "." || $0 == ".." }
    return one.alternatives.contains { left in
      other.alternatives.contains { right in lengths(left, right, all).contains(true) }
    }
  }

  private static func lengths(_ left: GlobPath, _ right: GlobPath, _ names: [String]) -> [Bool] {
    let scalars = names.map { $0.unicodeScalars.map(\.value) }
    // Which names both take at each pair of parts is tried out by brute force; the parts are few.
    func meet(_ mine: ArraySlice<GlobPath.Part>, _ its: ArraySlice<GlobPath.Part>, _ depth: Int) -> Bool {
      if mine.isEmpty, its.isEmpty { return true }
      guard depth < 14 else { return false }
      if mine.first == .anyDepth, meet(mine.dropFirst(), its, depth + 1) { return true }
      if its.first == .anyDepth, meet(mine, its.dropFirst(), depth + 1) { return true }
      guard let left = mine.first, let right = its.first, left != .anyDepth || right != .anyDepth else { return false }
      guard scalars.contains(where: { takes(left, $0) && takes(right, $0) }) else { return false }
      return meet(
        left == .anyDepth ? mine : mine.dropFirst(), right == .anyDepth ? its : its.dropFirst(), depth + 1)
    }
    return [meet(left.parts[...], right.parts[...], 0)]
  }

  private static func takes(_ part: GlobPath.Part, _ name: [UInt32]) -> Bool {
    switch part {
    case .anyDepth: true
    case .literal(let literal): literal == name
    case .name(let pattern): pattern.matches(name)
    }
  }
}
