using System.Security.Cryptography;
using DigitalTwin.Privacy.Blake2;

namespace DigitalTwin.Privacy.Tests.Blake2;

// Goal: our extendable output is BLAKE2Xb. Method: output lengths around the node of 64 bytes, keyed and not, against a
// BLAKE2b written in Python from RFC 7693 with the node parameters of the BLAKE2X paper. (Python's hashlib refuses the
// depth of 0 that the nodes have; the script was itself compared with hashlib and with SEAL's generator.)
public sealed class Blake2xbTests
{
    // Python: sha256(blake2xb(n, b"digital twin", key)).hexdigest()
    [Theory]
    [InlineData(1, "", "8c2574892063f995fdf756bce07f46c1a5193e54cd52837ed91e32008ccf41ac")]
    [InlineData(63, "key", "b0a824b8b14bfd96edc7d80e63eb82082532fbda047fb20eca8ee62a0f890e6f")]
    [InlineData(64, "", "0c79faf850db7031003c9ef65979c44c5edd7f1772bab950954314f6a20eb609")]
    [InlineData(65, "key", "d5591e5e7d3a2600e471150f62b2a28790345b3b110f8e33875d7d0f043910c4")]
    [InlineData(200, "", "63dd1146bf96e8427e3a65aa02585854b690d0fc860e3edac2af82cbc2a8df60")]
    public void Outputs_of_every_kind_of_length_agree_with_an_independent_implementation(
        int outputBytes,
        string key,
        string expected)
    {
        byte[] output = new byte[outputBytes];

        Blake2xb.Hash("digital twin"u8, output, System.Text.Encoding.ASCII.GetBytes(key));

        Assert.Equal(expected, Convert.ToHexStringLower(SHA256.HashData(output)));
    }
}
