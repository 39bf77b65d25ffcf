namespace DigitalTwin.Ledger.Ethereum.Encoding;

/// <summary>An event of a contract: its types, and which of them stand in topics.</summary>
public sealed class AbiEvent
{
    private const string IndexedMark = " indexed";

    private readonly AbiType[] _types;
    private readonly bool[] _indexed;
    private readonly bool _anonymous;

    private AbiEvent(string name, AbiType[] types, bool[] indexed, bool anonymous)
    {
        _types = types;
        _indexed = indexed;
        _anonymous = anonymous;
        Topic = Abi.Topic(name + AbiType.TupleOf(types));
    }

    /// <summary>The first topic of its log entries.</summary>
    public byte[] Topic { get; }

    /// <summary>An event from its parts.</summary>
    /// <param name="name">Its name alone.</param>
    /// <param name="parameters">Types in their canonical form, each followed by " indexed" where it is.</param>
    /// <param name="anonymous">Whether its log entries lack the topic that names it.</param>
    public static AbiEvent Of(string name, IReadOnlyList<string> parameters, bool anonymous = false)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        bool[] indexed = [.. parameters.Select(one => one.EndsWith(IndexedMark, StringComparison.Ordinal))];
        AbiType[] types = [.. parameters.Select((one, i) =>
            AbiType.Parse(indexed[i] ? one[..^IndexedMark.Length] : one))];
        return new AbiEvent(name, types, indexed, anonymous);
    }

    /// <summary>
    /// The values of a log entry in the order of the parameters; null where it is an entry of another event.
    /// </summary>
    /// <remarks>
    /// Of an indexed value longer than a word, or of any length, the chain keeps the hash only: 32 bytes here.
    /// </remarks>
    /// <exception cref="FormatException">The entry names this event and does not hold its values.</exception>
    public IReadOnlyList<object>? Decode(IReadOnlyList<byte[]> topics, ReadOnlySpan<byte> data)
    {
        ArgumentNullException.ThrowIfNull(topics);
        int first = _anonymous ? 0 : 1;
        if (!_anonymous && (topics.Count == 0 || !topics[0].AsSpan().SequenceEqual(Topic)))
        {
            return null;
        }

        if (topics.Count != first + _indexed.Count(indexed => indexed))
        {
            throw new FormatException($"The event has another number of topics than {topics.Count}.");
        }

        Queue<object> plain = new(Abi.Decode([.. _types.Where((_, i) => !_indexed[i])], data));
        Queue<byte[]> hashed = new(topics.Skip(first));
        return [.. _types.Select((type, i) => _indexed[i] ? InTopic(type, hashed.Dequeue()) : plain.Dequeue())];
    }

    private static object InTopic(AbiType type, byte[] topic) =>
        type.IsDynamic || type.Kind is AbiKind.Array or AbiKind.Tuple ? topic : Abi.Decode([type], topic)[0];
}
