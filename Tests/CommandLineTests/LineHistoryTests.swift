import Foundation
import Testing

@testable import agentscript

@Suite final class LineHistoryTests {
  private let folder = NSTemporaryDirectory() + "agentscript-history-\(UUID().uuidString)"

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func temporary() -> String { "\(folder)/\(UUID().uuidString)/history" }

  @Test func entriesComeBackInOrderWithLineEndsAndBackslashes() {
    let history = LineHistory(path: temporary())
    let entries = ["print(1)", "for i = 1, 2 do\n  print('\\n')\nend", "é\u{7F}", "\\"]
    for entry in entries { history.append(Array(entry.utf8)) }
    #expect(history.load() == entries.map { Array($0.utf8) })
  }

  @Test func theFileAndItsFolderArePrivateUnderAnyUmask() throws {
    let path = temporary()
    let before = umask(0)
    LineHistory(path: path).append(Array("secret".utf8))
    umask(before)
    var info = stat()
    #expect(stat(path, &info) == 0)
    #expect(info.st_mode & 0o777 == 0o600)
    #expect(stat((path as NSString).deletingLastPathComponent, &info) == 0)
    #expect(info.st_mode & 0o777 == 0o700)
  }

  @Test func aLongFileIsCutToTheNewestEntries() {
    let history = LineHistory(path: temporary())
    for number in 0..<(LineHistory.capacity * 2 + 1) { history.append(Array("\(number)".utf8)) }
    let loaded = history.load()
    #expect(loaded.count == LineHistory.capacity)
    #expect(loaded.last == Array("\(LineHistory.capacity * 2)".utf8))
    history.append(Array("next".utf8))
    #expect(history.load().count == LineHistory.capacity)
    #expect(history.load().last == Array("next".utf8))
  }

  @Test func aLinkInThePlaceOfTheFileIsNotFollowed() throws {
    let path = temporary()
    let history = LineHistory(path: path)
    history.append(Array("first".utf8))
    let target = path + ".target"
    #expect(rename(path, target) == 0)
    #expect(symlink(target, path) == 0)
    history.append(Array("second".utf8))
    #expect(history.load().isEmpty)
    #expect(LineHistory(path: target).load() == [Array("first".utf8)])
  }

  @Test func thePlaceFollowsTheEnvironment() {
    #expect(LineHistory { ["XDG_STATE_HOME": "/s", "HOME": "/h"][$0] }?.path == "/s/agentscript/history")
    #expect(LineHistory { ["HOME": "/h"][$0] }?.path == "/h/.local/state/agentscript/history")
    #expect(
      LineHistory { ["XDG_STATE_HOME": "relative", "HOME": "/h"][$0] }?.path == "/h/.local/state/agentscript/history")
    #expect(LineHistory { _ in nil } == nil)
  }
}
