import Foundation
import Testing

@testable import agentscript

/// docs/cli.md against the commands that there are.
@Suite struct ManualTests {
  private static let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""

  private static let path: String = {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return package.deletingLastPathComponent().appendingPathComponent("docs/cli.md").path
  }()

  @Test(arguments: CommandWord.known.filter { $0 != "help" })
  func theManualHasIt(word: String) {
    #expect(Self.text.contains("`\(word)`"))
  }
}
