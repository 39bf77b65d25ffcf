using System.Numerics;
using DigitalTwin.Ledger.Ethereum.Encoding;

namespace DigitalTwin.Ledger.Ethereum.Transactions;

/// <summary>The forms of a transaction, by their type byte of EIP-2718.</summary>
public enum TransactionType : byte
{
    /// <summary>Nine fields without a type byte; signed for one chain by EIP-155.</summary>
    Legacy = 0,

    /// <summary>With an access list (EIP-2930).</summary>
    AccessList = 1,

    /// <summary>With a priority fee and a fee cap (EIP-1559).</summary>
    DynamicFee = 2,
}

/// <summary>An address and the storage slots of it that a transaction announces (EIP-2930).</summary>
public sealed record AccessEntry(EthereumAddress Address, IReadOnlyList<byte[]> Slots);

/// <summary>A transaction, signed or not. Fees and value are in wei.</summary>
public sealed record EthereumTransaction
{
    // EIP-155: v = 35 + 2·chain id + y parity; 27 + y parity before it.
    private const int ChainOffset = 35;
    private const int PlainOffset = 27;

    /// <summary>Its form.</summary>
    public TransactionType Type { get; init; }

    /// <summary>The chain it is for; null for one that every chain takes, which is read and never made.</summary>
    public BigInteger? ChainId { get; init; }

    /// <summary>How many transactions the sender made before.</summary>
    public ulong Nonce { get; init; }

    /// <summary>Price of a unit of gas; of a <see cref="TransactionType.DynamicFee"/> the most that is paid.</summary>
    public BigInteger MaxFeePerGas { get; init; }

    /// <summary>Of it, what goes to the block's maker; 0 in the other forms.</summary>
    public BigInteger MaxPriorityFeePerGas { get; init; }

    /// <summary>Most gas that it may use.</summary>
    public BigInteger GasLimit { get; init; }

    /// <summary>Whom it calls; null creates a contract.</summary>
    public EthereumAddress? To { get; init; }

    /// <summary>Wei that are moved.</summary>
    public BigInteger Value { get; init; }

    /// <summary>The call, or the code that creates a contract.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Announced storage; empty in a legacy transaction.</summary>
    public IReadOnlyList<AccessEntry> AccessList { get; init; } = [];

    /// <summary>The sender's signature; null before it is signed.</summary>
    public EthereumSignature? Signature { get; init; }

    /// <summary>Reads a transaction, signed or not, in its one encoding.</summary>
    /// <exception cref="FormatException">The bytes are no transaction of a form that is known here.</exception>
    public static EthereumTransaction Decode(ReadOnlySpan<byte> encoded)
    {
        if (encoded.IsEmpty)
        {
            throw new FormatException("A transaction has at least one byte.");
        }

        // EIP-2718: a list begins with 0xc0 or more, a type byte is below 0x80.
        return encoded[0] switch
        {
            (byte)TransactionType.AccessList => DecodeTyped(TransactionType.AccessList, encoded[1..]),
            (byte)TransactionType.DynamicFee => DecodeTyped(TransactionType.DynamicFee, encoded[1..]),
            >= 0xc0 => DecodeLegacy(RlpItem.Decode(encoded).Items),
            _ => throw new FormatException($"Transactions of type {encoded[0]} are unknown here."),
        };
    }

    /// <summary>The bytes that are sent, or before signing those that are hashed and signed.</summary>
    public byte[] Encode()
    {
        RlpItem fields = RlpItem.List([.. Fields(), .. SignatureFields()]);
        return Type == TransactionType.Legacy ? fields.Encode() : [(byte)Type, .. fields.Encode()];
    }

    /// <summary>The hash that the sender signs.</summary>
    public byte[] SigningHash() => Keccak256.HashData((this with { Signature = null }).Encode());

    /// <summary>The hash that names a signed transaction.</summary>
    public byte[] Hash() => Signature is not null
        ? Keccak256.HashData(Encode())
        : throw new InvalidOperationException("Only a signed transaction has a hash.");

    /// <summary>The same transaction, signed.</summary>
    /// <exception cref="InvalidOperationException">It names no chain: every chain would take it.</exception>
    public EthereumTransaction SignedBy(EthereumKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return ChainId is not null
            ? this with { Signature = key.Sign(SigningHash()) }
            : throw new InvalidOperationException("A transaction is signed for one chain, never without a chain id.");
    }

    /// <summary>Who signed it; null where it is unsigned, or signed by nobody.</summary>
    public EthereumAddress? Sender() => Signature?.SignerOf(SigningHash());

    private static EthereumTransaction DecodeLegacy(IReadOnlyList<RlpItem> fields)
    {
        if (fields.Count is not (6 or 9))
        {
            throw new FormatException($"A legacy transaction has 6 or 9 fields, not {fields.Count}.");
        }

        EthereumTransaction transaction = new()
        {
            Nonce = NonceOf(fields[0]),
            MaxFeePerGas = fields[1].ToNumber(),
            GasLimit = fields[2].ToNumber(),
            To = AddressOf(fields[3]),
            Value = fields[4].ToNumber(),
            Data = fields[5].Bytes,
        };
        if (fields.Count == 6)
        {
            return transaction;
        }

        BigInteger v = fields[6].ToNumber();
        BigInteger r = fields[7].ToNumber();
        BigInteger s = fields[8].ToNumber();
        if (r.IsZero && s.IsZero)
        {
            return transaction with { ChainId = v };
        }

        if (v == PlainOffset || v == PlainOffset + 1)
        {
            return transaction with { Signature = EthereumSignature.Of(r, s, v == PlainOffset + 1) };
        }

        return v >= ChainOffset
            ? transaction with
            {
                ChainId = (v - ChainOffset) / 2,
                Signature = EthereumSignature.Of(r, s, !(v - ChainOffset).IsEven),
            }
            : throw new FormatException($"A legacy transaction has no v of {v}.");
    }

    private static EthereumTransaction DecodeTyped(TransactionType type, ReadOnlySpan<byte> encoded)
    {
        IReadOnlyList<RlpItem> fields = RlpItem.Decode(encoded).Items;
        int dynamic = type == TransactionType.DynamicFee ? 1 : 0;
        int unsigned = 8 + dynamic;
        if (fields.Count != unsigned && fields.Count != unsigned + 3)
        {
            throw new FormatException($"A transaction of type {(byte)type} does not have {fields.Count} fields.");
        }

        EthereumTransaction transaction = new()
        {
            Type = type,
            ChainId = fields[0].ToNumber(),
            Nonce = NonceOf(fields[1]),
            MaxPriorityFeePerGas = dynamic == 1 ? fields[2].ToNumber() : BigInteger.Zero,
            MaxFeePerGas = fields[2 + dynamic].ToNumber(),
            GasLimit = fields[3 + dynamic].ToNumber(),
            To = AddressOf(fields[4 + dynamic]),
            Value = fields[5 + dynamic].ToNumber(),
            Data = fields[6 + dynamic].Bytes,
            AccessList = [.. fields[7 + dynamic].Items.Select(EntryOf)],
        };
        if (fields.Count == unsigned)
        {
            return transaction;
        }

        BigInteger parity = fields[unsigned].ToNumber();
        return parity <= 1
            ? transaction with
            {
                Signature = EthereumSignature.Of(
                    fields[unsigned + 1].ToNumber(), fields[unsigned + 2].ToNumber(), parity.IsOne),
            }
            : throw new FormatException($"A y parity is 0 or 1, not {parity}.");
    }

    private static ulong NonceOf(RlpItem field)
    {
        // EIP-2681: a nonce stays below 2^64 − 1.
        BigInteger nonce = field.ToNumber();
        return nonce < ulong.MaxValue ? (ulong)nonce : throw new FormatException($"No account gets to nonce {nonce}.");
    }

    private static EthereumAddress? AddressOf(RlpItem field) => field.Bytes switch
    {
        { Length: 0 } => null,
        { Length: EthereumAddress.Size } bytes => new EthereumAddress(bytes),
        { Length: int other } => throw new FormatException($"An address has 20 bytes, not {other}."),
    };

    private static AccessEntry EntryOf(RlpItem item)
    {
        if (item.Items.Count != 2 || AddressOf(item.Items[0]) is not { } address)
        {
            throw new FormatException("An entry of an access list is an address and its slots.");
        }

        byte[][] slots = [.. item.Items[1].Items.Select(slot => slot.Bytes)];
        return Array.TrueForAll(slots, slot => slot.Length == Keccak256.Size)
            ? new AccessEntry(address, slots)
            : throw new FormatException("A storage slot has 32 bytes.");
    }

    private IEnumerable<RlpItem> Fields()
    {
        if (Type != TransactionType.Legacy)
        {
            yield return RlpItem.Of(ChainId ?? throw new InvalidOperationException("A typed transaction has a chain."));
        }

        yield return RlpItem.Of(Nonce);
        if (Type == TransactionType.DynamicFee)
        {
            yield return RlpItem.Of(MaxPriorityFeePerGas);
        }

        yield return RlpItem.Of(MaxFeePerGas);
        yield return RlpItem.Of(GasLimit);
        yield return RlpItem.Of(To is { } to ? to.ToArray() : []);
        yield return RlpItem.Of(Value);
        yield return RlpItem.Of(Data.Span);
        if (Type != TransactionType.Legacy)
        {
            yield return RlpItem.List([.. AccessList.Select(entry => RlpItem.List(
                RlpItem.Of(entry.Address.ToArray()),
                RlpItem.List([.. entry.Slots.Select(slot => RlpItem.Of(slot))])))]);
        }
    }

    private IEnumerable<RlpItem> SignatureFields()
    {
        if (Signature is not { } signature)
        {
            // EIP-155: what is signed for a chain ends in the chain id and two zeros.
            return Type == TransactionType.Legacy && ChainId is { } chain
                ? [RlpItem.Of(chain), RlpItem.Of([]), RlpItem.Of([])]
                : [];
        }

        int parity = signature.IsOdd ? 1 : 0;
        BigInteger v = Type != TransactionType.Legacy ? parity
            : ChainId is { } id ? ChainOffset + (2 * id) + parity
            : PlainOffset + parity;
        return [RlpItem.Of(v), RlpItem.Of(signature.R), RlpItem.Of(signature.S)];
    }
}
