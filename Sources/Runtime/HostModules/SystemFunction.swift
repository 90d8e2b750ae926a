internal import LuaBindings
internal import SystemPackage

/// A function of `agentscript.host` that asks the system for what pure Lua cannot do. Our own Lua modules check what they
/// pass, so a wrong argument here is an error without finesse. What the system refuses is no error: the function returns
/// nil, the system's sentence and its number.
struct SystemFunction: Sendable {
  let name: String
  private let body: @Sendable (SystemArguments) throws(SystemFunctionFailure) -> [LuaValue]

  private init(
    _ name: String, _ body: @escaping @Sendable (SystemArguments) throws(SystemFunctionFailure) -> [LuaValue]
  ) {
    self.name = name
    self.body = body
  }

  /// The results, or the sentence of an argument that is wrong.
  func callAsFunction(_ values: [LuaValue]) -> Result<[LuaValue], SystemFunctionMisuse> {
    do throws(SystemFunctionFailure) {
      return .success(try body(SystemArguments(values: values)))
    } catch {
      switch error {
      case .refused(let number):
        return .success([.nil, .text(number.description), .integer(Int64(number.rawValue))])
      case .misuse(let sentence): return .failure(SystemFunctionMisuse(sentence: "\(name): \(sentence)"))
      }
    }
  }
}

/// A sentence about a wrong argument.
struct SystemFunctionMisuse: Error, Hashable {
  let sentence: String
}

/// Why a system function has no result.
enum SystemFunctionFailure: Error {
  case refused(Errno)
  case misuse(String)
}

/// Runs a system call's wrapper, whose failure becomes the function's.
private func asking<R>(_ body: () throws(Errno) -> R) throws(SystemFunctionFailure) -> R {
  do throws(Errno) { return try body() } catch { throw .refused(error) }
}

/// What a function was called with.
struct SystemArguments {
  let values: [LuaValue]

  subscript(_ index: Int) -> LuaValue { index < values.count ? values[index] : .nil }

  func bytes(_ index: Int) throws(SystemFunctionFailure) -> [UInt8] {
    guard case .string(let bytes) = self[index] else { throw wrong(index, "a string") }
    return bytes
  }

  func path(_ index: Int) throws(SystemFunctionFailure) -> SystemPath {
    let bytes = try bytes(index)
    return try asking { () throws(Errno) in try SystemPath(bytes) }
  }

  func integer(_ index: Int) throws(SystemFunctionFailure) -> Int? {
    if self[index].isNil { return nil }
    guard let number = self[index].int else { throw wrong(index, "a whole number") }
    return number
  }

  func mode(_ index: Int) throws(SystemFunctionFailure) -> UInt32? {
    guard let number = try integer(index) else { return nil }
    guard (0...0o7777).contains(number) else { throw wrong(index, "a mode") }
    return UInt32(number)
  }

  func flag(_ index: Int) -> Bool { self[index].isTruthy }

  func wrong(_ index: Int, _ expected: String) -> SystemFunctionFailure {
    .misuse("argument \(index + 1) must be \(expected), not a \(self[index].typeName)")
  }
}

// MARK: The functions

extension SystemFunction {
  /// All of them.
  static var all: [SystemFunction] { process + status + folders + contents }

  private static var process: [SystemFunction] {
    [
      SystemFunction("now") { _ in [.integer(SystemClock.milliseconds)] },
      SystemFunction("monotonic") { _ in [.integer(SystemClock.monotonicNanoseconds)] },
      SystemFunction("environ") { _ in [.table(ProcessFacts.environment)] },
      SystemFunction("pid") { _ in [.integer(ProcessFacts.identifier)] },
      SystemFunction("cwd") { _ throws(SystemFunctionFailure) in
        [.string(try asking { () throws(Errno) in try ProcessFacts.workingDirectory() })]
      },
    ]
  }

  private static var status: [SystemFunction] {
    [
      path("stat") { path, arguments throws(Errno) in
        [.table(try FileStatus(path, followsLinks: arguments.flag(1)).table)]
      },
      path("access") { path, arguments throws(Errno) in
        try path.checkAccess(arguments[1].text ?? "")
        return [true]
      },
      path("readlink") { path, _ throws(Errno) in [.string(try path.linkTarget())] },
      path("realpath") { path, _ throws(Errno) in [.string(try path.resolved().bytes)] },
      SystemFunction("chmod") { arguments throws(SystemFunctionFailure) in
        let path = try arguments.path(0)
        guard let mode = try arguments.mode(1) else { throw arguments.wrong(1, "a mode") }
        try asking { () throws(Errno) in try path.setMode(mode) }
        return [true]
      },
    ]
  }

  private static var folders: [SystemFunction] {
    [
      path("list") { path, _ throws(Errno) in
        let entries = try FolderEntry.all(in: path)
        return [
          .table(LuaTable(array: entries.map { .string($0.name) })),
          .table(LuaTable(array: entries.map { .text($0.kind.rawValue) })),
        ]
      },
      SystemFunction("mkdir") { arguments throws(SystemFunctionFailure) in
        let path = try arguments.path(0), mode = try arguments.mode(1) ?? 0o777
        try asking { () throws(Errno) in try path.makeFolder(mode: mode) }
        return [true]
      },
      path("remove") { path, arguments throws(Errno) in
        if arguments.flag(1) { try TreeRemoval.remove(path) } else { try path.removeEntry() }
        return [true]
      },
      twoPaths("rename") { from, to, _ throws(Errno) in
        try from.rename(to: to)
        return [true]
      },
      twoPaths("symlink") { target, link, _ throws(Errno) in
        try link.makeLink(to: target)
        return [true]
      },
      SystemFunction("temporary") { arguments throws(SystemFunctionFailure) in
        let name = TemporaryName(
          folder: try arguments.path(0), prefix: try arguments.bytes(1), suffix: try arguments.bytes(2))
        let isFolder = arguments.flag(3)
        return [.string(try asking { () throws(Errno) in try name.create(isFolder: isFolder).bytes })]
      },
    ]
  }

  private static var contents: [SystemFunction] {
    [
      SystemFunction("read_file") { arguments throws(SystemFunctionFailure) in
        let path = try arguments.path(0), offset = try arguments.integer(1) ?? 0, count = try arguments.integer(2)
        guard offset >= 0, count ?? 0 >= 0 else { throw .refused(.invalidArgument) }
        return [.string(try asking { () throws(Errno) in try FileContents.read(path, from: offset, count: count) })]
      },
      SystemFunction("write_file") { arguments throws(SystemFunctionFailure) in
        let path = try arguments.path(0), bytes = try arguments.bytes(1), mode = try arguments.mode(3)
        guard let how = FileContents.Change(rawValue: arguments[2].text ?? "") else {
          throw arguments.wrong(2, "\"replace\", \"append\" or \"create\"")
        }
        let isDurable = arguments.flag(4)
        try asking { () throws(Errno) in
          try FileContents.write(bytes, to: path, how, mode: mode, isDurable: isDurable)
        }
        return [true]
      },
      twoPaths("copy_file") { from, to, arguments throws(Errno) in
        [.integer(Int64(try FileContents.copy(from, to: to, overwrites: arguments.flag(2))))]
      },
    ]
  }

  private static func path(
    _ name: String, _ body: @escaping @Sendable (SystemPath, SystemArguments) throws(Errno) -> [LuaValue]
  ) -> SystemFunction {
    SystemFunction(name) { arguments throws(SystemFunctionFailure) in
      let path = try arguments.path(0)
      do throws(Errno) { return try body(path, arguments) } catch { throw .refused(error) }
    }
  }

  private static func twoPaths(
    _ name: String, _ body: @escaping @Sendable (SystemPath, SystemPath, SystemArguments) throws(Errno) -> [LuaValue]
  ) -> SystemFunction {
    SystemFunction(name) { arguments throws(SystemFunctionFailure) in
      let first = try arguments.path(0), second = try arguments.path(1)
      do throws(Errno) { return try body(first, second, arguments) } catch { throw .refused(error) }
    }
  }
}
