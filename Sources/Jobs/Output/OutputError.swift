/// Why an output could not be read.
public struct OutputError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kinds of trouble.
  public enum Code: Hashable, Sendable {
    /// There is no such file, compressed or not.
    case missing
    /// It is a folder, a device or a pipe.
    case notAFile
    /// It is a symbolic link.
    case link
    /// The compressed file is broken.
    case damaged
    /// There is no memory to unpack it.
    case outOfMemory
    /// The system refused.
    case system(SystemCallError)
  }

  /// What is wrong.
  public let code: Code
  /// The file.
  public let path: String

  init(_ code: Code, path: String) {
    self.code = code
    self.path = path
  }

  init(_ error: SystemCallError) { self.init(.system(error), path: error.path) }

  /// One sentence.
  public var description: String {
    switch code {
    case .missing: "there is no output file \(path)"
    case .notAFile: "\(path) is not an ordinary file"
    case .link: "\(path) is a symbolic link, and those are not followed"
    case .damaged: "the compressed output file \(path) is damaged"
    case .outOfMemory: "there is not enough memory to unpack \(path)"
    case .system(let error): error.description
    }
  }
}
