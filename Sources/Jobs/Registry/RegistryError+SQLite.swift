import GRDB

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension RegistryError {
  /// Runs the body, and turns what it throws into an error of ours about the file at `path`.
  static func wrapping<Value>(_ path: String, _ body: () throws -> Value) throws(RegistryError) -> Value {
    do {
      return try body()
    } catch let error as RegistryError {
      throw error
    } catch let error as DatabaseError {
      throw RegistryError(error, path: path)
    } catch {
      throw RegistryError(.other, context: path, underlying: String(describing: error))
    }
  }

  /// What SQLite said, about the file at `path`.
  init(_ error: DatabaseError, path: String) {
    let code: Code =
      switch error.resultCode {
      case .SQLITE_FULL: .diskFull(freeBytes: FileIO.freeBytes(at: path))
      case .SQLITE_IOERR: .inputOutput
      case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
      case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH: .notWritable
      case .SQLITE_NOTADB: .notARegistry
      case .SQLITE_CORRUPT: .damaged
      case .SQLITE_CONSTRAINT: .refused
      case .SQLITE_MISUSE: .closed
      default: .other
      }
    self.init(code, context: path, underlying: error.message)
  }

  /// What the system said.
  init(_ error: SystemCallError) {
    let code: Code =
      switch error.number {
      case ENOSPC, EDQUOT: .diskFull(freeBytes: FileIO.freeBytes(at: RegistryError.folder(of: error.path)))
      case EACCES, EPERM, EROFS: .notWritable
      default: .inputOutput
      }
    self.init(code, context: error.path, underlying: "\(error.call): \(error.message)")
  }

  /// A file that could not be made is on no file system; its folder is.
  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }
}
