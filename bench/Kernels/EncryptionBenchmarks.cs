using BenchmarkDotNet.Attributes;
using DigitalTwin.Privacy.HomomorphicEncryption;

namespace DigitalTwin.Kernels;

/// <summary>
/// Threshold encryption of one million parameters in 24-bit slots: 8 dealers, 5 decryptors, 64 addends.
/// </summary>
public class EncryptionBenchmarks
{
    private const int Parameters = 1_000_000;
    private const int SlotBits = 24;
    private const int Clients = 64;

    private readonly ThresholdParameters _parameters = ThresholdParameters.For(8, 5, Clients);
    private readonly string[] _parties = [.. Enumerable.Range(0, 8).Select(i => $"hospital-{i}")];
    private readonly ulong[] _slots = [.. Enumerable.Range(0, Parameters).Select(i => (ulong)(i % 131071))];
    private readonly CollectiveKey _key;
    private readonly DecryptionKeyShare[] _shares;
    private readonly byte[] _addend;
    private readonly byte[] _context = new byte[EncryptedVector.ContextBytes];
    private readonly EncryptedVector _addendAsSum;
    private readonly EncryptedVector _sum;
    private readonly Dictionary<string, byte[]> _partials;

    public EncryptionBenchmarks()
    {
        byte[] ceremony = new byte[CollectiveKey.CeremonyBytes];
        KeyDealing[] dealings =
            [.. _parties.Select(party => KeyDealing.Create(_parameters, ceremony, _parties, party))];
        _key = CollectiveKey.Sum(_parameters, ceremony, [.. dealings.Select(dealing => dealing.PublicShare)]);
        _shares = [.. _parties.Take(5).Select(party => DecryptionKeyShare.Combine(
            _parameters,
            _parties,
            party,
            _parties.Zip(dealings).ToDictionary(pair => pair.First, pair => pair.Second.ShareFor(party))))];
        _addend = _key.Encrypt(_slots, SlotBits).ToBytes();
        _addendAsSum = EncryptedVector.Parse(_parameters, _addend, Parameters, SlotBits);
        _sum = _addendAsSum.Rerandomised(_key, _context);
        _partials = _parties.Take(5).Zip(_shares).ToDictionary(
            pair => pair.First, pair => pair.Second.PartiallyDecrypt(_sum, _parties[..5]));
        Console.WriteLine($"Bytes per parameter, 24 bits: {_addend.Length / (double)Parameters}.");
        Console.WriteLine(
            $"Bytes per parameter, 17 bits: {_parameters.CiphertextBytes(Parameters, 17) / (double)Parameters}.");
    }

    [Benchmark]
    public byte[] EncryptAMillion() => _key.Encrypt(_slots, SlotBits).ToBytes();

    [Benchmark]
    public EncryptedVector AddSixtyFourClients()
    {
        EncryptedVector sum = EncryptedVector.Parse(_parameters, _addend, Parameters, SlotBits);
        for (int client = 1; client < Clients; client++)
        {
            sum.Add(_addend);
        }

        return sum;
    }

    [Benchmark]
    public EncryptedVector RerandomiseAMillion() => _addendAsSum.Rerandomised(_key, _context);

    [Benchmark]
    public byte[] PartiallyDecryptAMillion() => _shares[0].PartiallyDecrypt(_sum, _parties[..5]);

    [Benchmark]
    public ulong[] CombineFivePartsOfAMillion() => ThresholdDecryption.Combine(
        _parameters, _parties, _sum, _parties[..5], _partials, Parameters, SlotBits);
}
