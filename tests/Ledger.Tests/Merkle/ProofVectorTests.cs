using System.Globalization;
using DigitalTwin.Ledger.Merkle;

namespace DigitalTwin.Ledger.Tests.Merkle;

// Goal: what transparency-dev/merkle accepts and refuses is accepted and refused here. Method: its proof vectors, most
// of them corrupted, restated in proof-vectors.txt; a value that is no hash cannot even be written as one here.
public sealed class ProofVectorTests
{
    private readonly Dictionary<string, MerkleHash> _hashes = VectorFile.Read("proof-vectors.txt")
        .Where(line => line[0] == "hash")
        .ToDictionary(line => line[1], line => new MerkleHash(Convert.FromHexString(line[2])));

    [Theory]
    [InlineData("inclusion", 98)]
    [InlineData("consistency", 97)]
    public void Every_public_proof_vector_is_judged_as_its_source_says(string kind, int count)
    {
        List<string> wrong = [];
        int run = 0;
        foreach (string[] line in VectorFile.Read("proof-vectors.txt").Where(line => line[0] == kind))
        {
            run++;
            if (Holds(line) != (line[6] == "valid"))
            {
                wrong.Add(string.Join(' ', line));
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{run} {kind} vectors of transparency-dev/merkle");
        Assert.Empty(wrong);
        Assert.Equal(count, run);
    }

    private bool Holds(string[] line)
    {
        string[] proof = line[5] == "-" ? [] : line[5].Split(',');
        if (((string[])[line[3], line[4], .. proof]).Any(name => !_hashes.ContainsKey(name)))
        {
            Assert.All(
                ((string[])[line[3], line[4], .. proof]).Where(name => !_hashes.ContainsKey(name)),
                name => Assert.Throws<ArgumentException>(
                    () => new MerkleHash(Convert.FromHexString(name["short:".Length..]))));
            return false;
        }

        long first = long.Parse(line[1], CultureInfo.InvariantCulture);
        long second = long.Parse(line[2], CultureInfo.InvariantCulture);
        MerkleHash[] hashes = [.. proof.Select(name => _hashes[name])];
        return line[0] == "inclusion"
            ? MerkleProof.VerifyInclusion(_hashes[line[4]], first, second, hashes, _hashes[line[3]])
            : MerkleProof.VerifyConsistency(first, second, _hashes[line[3]], _hashes[line[4]], hashes);
    }
}
