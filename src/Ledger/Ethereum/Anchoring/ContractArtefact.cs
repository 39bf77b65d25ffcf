using System.Text.Json;
using System.Text.Json.Serialization;
using DigitalTwin.Ledger.Ethereum.Encoding;

namespace DigitalTwin.Ledger.Ethereum.Anchoring;

/// <summary>Where the compiler leaves room for a value that the constructor fills in.</summary>
/// <param name="Start">Byte of the code.</param>
/// <param name="Length">Bytes of it.</param>
public sealed record ImmutablePlace(int Start, int Length);

/// <summary>A compiled contract, as <c>contracts/compile.mjs --out</c> writes it.</summary>
public sealed record ContractArtefact(
    string Contract,
    string Compiler,
    string Bytecode,
    string DeployedBytecode,
    IReadOnlyList<ImmutablePlace> Immutables,
    JsonElement Abi)
{
    /// <summary>The code that creates the contract, without the arguments of its constructor.</summary>
    [JsonIgnore]
    public byte[] CreationCode => Hex.ToBytes(Bytecode);

    /// <summary>Reads the artefact of a contract from the folder that the compiler filled.</summary>
    /// <exception cref="FormatException">The file is malformed, or is another contract's.</exception>
    public static ContractArtefact Load(string folder, string contract)
    {
        string path = Path.Combine(folder, contract + ".json");
        try
        {
            ContractArtefact artefact =
                JsonSerializer.Deserialize(File.ReadAllBytes(path), AnchorJson.Default.ContractArtefact)!;
            return artefact.Contract == contract
                ? artefact
                : throw new FormatException($"it is the artefact of {artefact.Contract}.");
        }
        catch (Exception trouble) when (trouble is JsonException or FormatException)
        {
            throw new FormatException($"{path}: {trouble.Message}", trouble);
        }
    }

    /// <summary>Whether code on a chain is this contract's, whatever its constructor filled in.</summary>
    public bool IsCode(ReadOnlySpan<byte> code)
    {
        byte[] own = Hex.ToBytes(DeployedBytecode);
        if (own.Length != code.Length)
        {
            return false;
        }

        byte[] other = code.ToArray();
        foreach (ImmutablePlace place in Immutables)
        {
            own.AsSpan(place.Start, place.Length).CopyTo(other.AsSpan(place.Start));
        }

        return other.AsSpan().SequenceEqual(own);
    }
}
