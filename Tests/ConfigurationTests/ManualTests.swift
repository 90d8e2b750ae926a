import Foundation
import Testing

@testable import Configuration

/// docs/configuration.md against the settings that there are.
@Suite struct ManualTests {
  private static let text: String = {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = package.deletingLastPathComponent().appendingPathComponent("docs/configuration.md")
    return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
  }()

  private static func names(_ setting: KnownSetting) -> [String] {
    switch setting.shape {
    case .record(let fields), .items(_, let fields), .named(_, .record(let fields)):
      [setting.name] + fields.flatMap(names)
    default: [setting.name]
    }
  }

  @Test(arguments: Set(KnownSettings.all.flatMap(names)).sorted())
  func theManualHasIt(_ name: String) {
    let spellings = ["`\(name)`", "`\(name).", ".\(name)`", "`\(name)[", ".\(name)."]
    #expect(spellings.contains { Self.text.contains($0) })
  }

  @Test(arguments: EnvironmentSettings.variables.map(\.name))
  func theManualHasTheVariable(_ name: String) { #expect(Self.text.contains("`\(name)`")) }

  @Test(arguments: KnownSettings.all.map(\.name))
  func everySettingIsFoundByItsPath(_ name: String) { #expect(KnownSettings.at([name])?.name == name) }
}

/// What finding settings costs; the numbers are bounds against accidents, not measurements.
@Suite struct LoadingTests {
  @Test func loadingIsQuick() throws {
    let world = Surroundings()
    try world.user("{ limits = { max_turns = 5 }, router = { tier = 'fast' } }")
    try world.project("{ limits = { max_turns = 4 } }")
    try world.trust()
    let clock = ContinuousClock()
    let best = try (0..<20).map { _ in try clock.measure { _ = try world.load() } }.min()
    #expect(try #require(best) < .milliseconds(200))
    print("loading took \(best.map { "\($0)" } ?? "")")
  }
}
