import Agents
import WireText

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A folder of a test, with tools that work in it.
final class ToolFolder: Sendable {
  let path: String
  let tools: FileTools

  init(readable: [String] = []) {
    var template = Array("/tmp/agentscript-tools-XXXXXX".utf8CString)
    _ = mkdtemp(&template)
    let name = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    path = name + "/work"
    mkdir(path, 0o755)
    tools = FileTools(folder: path, readable: readable.map { name + "/" + $0 })
  }

  deinit {
    func remove(_ path: String) {
      if let stream = opendir(path) {
        var names: [String] = []
        while let entry = readdir(stream) {
          let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
          }
          if name != ".", name != ".." { names.append(name) }
        }
        closedir(stream)
        for name in names where unlink(path + "/" + name) != 0 { remove(path + "/" + name) }
      }
      rmdir(path)
    }
    remove(String(path.dropLast(5)))
  }

  /// The folder around it, which tools must not touch.
  var outside: String { String(path.dropLast(5)) }

  func put(_ name: String, _ bytes: [UInt8]) {
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/" + part
      mkdir(folder, 0o755)
    }
    let descriptor = open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
  }

  func put(_ name: String, _ text: String) { put(name, Array(text.utf8)) }

  func content(_ name: String) -> String? {
    let descriptor = open(name.hasPrefix("/") ? name : path + "/" + name, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
  }

  func call(_ tool: AgentTool, _ input: JSONObject, maySee: @escaping @Sendable (String) -> Bool = { _ in true }) async
    -> ToolOutcome
  {
    var context = ToolContext(callID: "c", folder: path)
    context.maySee = maySee
    return await tool.run(input, context)
  }
}
