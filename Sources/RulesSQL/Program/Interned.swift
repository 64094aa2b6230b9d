/// Numbers of things that are stored once.
///
/// Most statements have a handful of each: those are compared one after the other, which costs less
/// than one hash. More of them go through a dictionary.
struct Interned<Element: Hashable> {
    private var elements: [Element] = []
    private var numbers: [Int32] = []
    private var large: [Element: Int32] = [:]

    private static var scanned: Int { 12 }

    subscript(_ element: Element) -> Int32? {
        get {
            if elements.count > Self.scanned { return large[element] }
            return elements.firstIndex(of: element).map { numbers[$0] }
        }
        set {
            guard let newValue else { return }
            elements.append(element)
            numbers.append(newValue)
            if elements.count <= Self.scanned { return }
            if large.isEmpty {
                for (place, known) in elements.enumerated() { large[known] = numbers[place] }
            } else {
                large[element] = newValue
            }
        }
    }
}
