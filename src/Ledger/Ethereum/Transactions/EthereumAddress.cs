using DigitalTwin.Ledger.Ethereum.Encoding;

namespace DigitalTwin.Ledger.Ethereum.Transactions;

/// <summary>An account or a contract: 20 bytes, as text with the checksum of EIP-55.</summary>
public readonly record struct EthereumAddress
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 20;

    private readonly UInt128 _high;
    private readonly uint _low;

    /// <summary>Takes <see cref="Size"/> bytes.</summary>
    /// <exception cref="ArgumentException">There are fewer or more.</exception>
    public EthereumAddress(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"An address has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        _high = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
    }

    /// <summary>The address of a public key: the last 20 bytes of the hash of its coordinates.</summary>
    /// <param name="publicKey">x‖y, 64 bytes.</param>
    public static EthereumAddress OfPublicKey(ReadOnlySpan<byte> publicKey) =>
        new(Keccak256.HashData(publicKey).AsSpan(Keccak256.Size - Size));

    /// <summary>The address of the contract that a transaction of this sender and nonce creates.</summary>
    /// <remarks>Ethereum yellow paper, equation for CREATE: the hash of the RLP of sender and nonce.</remarks>
    public static EthereumAddress OfContract(EthereumAddress sender, ulong nonce)
    {
        RlpItem created = RlpItem.List(RlpItem.Of(sender.ToArray()), RlpItem.Of(nonce));
        return new EthereumAddress(Keccak256.HashData(created.Encode()).AsSpan(Keccak256.Size - Size));
    }

    /// <summary>Reads 0x and 40 hex digits: all of one case, or with the right checksum.</summary>
    /// <exception cref="FormatException">The text has another form, or its checksum names another address.</exception>
    public static EthereumAddress Parse(string text)
    {
        byte[] bytes = Hex.ToBytes(text);
        if (bytes.Length != Size)
        {
            throw new FormatException($"An address has {Size} bytes, not {bytes.Length}.");
        }

        EthereumAddress address = new(bytes);
        string digits = text[2..];
        bool oneCase = !digits.Any(char.IsAsciiLetterUpper) || !digits.Any(char.IsAsciiLetterLower);
        return oneCase || address.ToString() == text
            ? address
            : throw new FormatException($"The checksum of the address {text} does not hold: is it mistyped?");
    }

    /// <summary>The 20 bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, _high);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), _low);
        return bytes;
    }

    /// <summary>EIP-55: a letter is upper case where the digit of the hash of the digits is 8 or more.</summary>
    public override string ToString()
    {
        string digits = Convert.ToHexStringLower(ToArray());
        byte[] hash = Keccak256.HashData(System.Text.Encoding.ASCII.GetBytes(digits));
        return "0x" + string.Concat(digits.Select((digit, i) =>
            (hash[i / 2] >> (i % 2 == 0 ? 4 : 0) & 0xf) >= 8 ? char.ToUpperInvariant(digit) : digit));
    }
}
