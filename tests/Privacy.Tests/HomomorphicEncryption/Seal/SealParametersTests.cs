using System.Text.Json;
using DigitalTwin.Privacy.HomomorphicEncryption.Seal;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption.Seal;

// Goal: parameter sets have SEAL's bytes and names, and weak or malformed ones are refused. Method: native SEAL's
// serialized sets and digests; then each rule broken alone.
public sealed class SealParametersTests
{
    private const ulong Prime46 = 70368743669761;
    private const ulong Prime44 = 17592186028033;
    private const ulong Prime16 = 40961;

    private static readonly SealEncoding Version44 = SealEncoding.Default with { Minor = 4 };

    [Fact]
    public void Bytes_and_names_are_those_of_native_seal()
    {
        int compared = 0;
        foreach (JsonElement set in SealVectors.BfvSets())
        {
            SealParameters parameters = SealVectors.ParametersOf(set);
            byte[] expected = Convert.FromHexString(set.GetProperty("parms_bytes_v4_4").GetString()!);
            SealParameters parsed = SealParameters.Parse(expected, SealSecurity.SealInterop2018);

            Assert.Equal(expected, parameters.ToBytes(Version44));
            Assert.Equal(expected, parsed.ToBytes(Version44));
            Assert.Equal(set.GetProperty("key_parms_id").GetString(), parsed.KeyParmsId.ToString());
            Assert.Equal(set.GetProperty("first_parms_id").GetString(), parsed.DataParmsId.ToString());
            compared += 3;
        }

        JsonElement ckks = SealVectors.Load().GetProperty("ckks");
        SealParameters approximate = SealParameters.Create(
            SealScheme.Ckks, ckks.GetProperty("N").GetInt32(), SealVectors.Words(ckks.GetProperty("q")), 0);
        Assert.Equal(ckks.GetProperty("key_parms_id").GetString(), approximate.KeyParmsId.ToString());
        Assert.Equal(ckks.GetProperty("first_parms_id").GetString(), approximate.DataParmsId.ToString());
        TestContext.Current.SendDiagnosticMessage($"{compared + 2} values of seal-vectors.json compared.");
    }

    [Fact]
    public void The_order_of_the_primes_is_part_of_the_name()
    {
        SealParameters one = Bfv([Prime46, Prime44, Prime16]);
        SealParameters other = Bfv([Prime44, Prime46, Prime16]);

        Assert.NotEqual(one.KeyParmsId, other.KeyParmsId);
    }

    [Fact]
    public void Compressed_and_older_sets_are_read_too()
    {
        SealParameters parameters = Bfv([Prime46, Prime44, Prime16]);

        foreach (SealEncoding encoding in (SealEncoding[])
            [SealEncoding.Zlib, new(3, 4, SealCompression.Zlib), new(3, 7, SealCompression.None), Version44])
        {
            SealParameters parsed = SealParameters.Parse(parameters.ToBytes(encoding));

            Assert.Equal(parameters.KeyParmsId, parsed.KeyParmsId);
        }
    }

    // HomomorphicEncryption.org 2018 and ePrint 2024/463, ternary secret, 128 bits: SEAL's own defaults are above the
    // line of 2024.
    [Theory]
    [InlineData(1024, new ulong[] { 0x7e00001 })]
    [InlineData(2048, new ulong[] { 0x3fffffff000001 })]
    [InlineData(4096, new ulong[] { 0xffffee001, 0xffffc4001, 0x1ffffe0001 })]
    [InlineData(8192, new ulong[] { 0x7fffffd8001, 0x7fffffc8001, 0xfffffffc001, 0xffffff6c001, 0xfffffebc001 })]
    public void Seals_defaults_pass_only_as_the_named_exception(int degree, ulong[] primes)
    {
        SealParameters interop = SealParameters.Create(
            SealScheme.Bfv, degree, primes, 65537, SealSecurity.SealInterop2018);

        SealFormatException refusal = Assert.Throws<SealFormatException>(
            () => SealParameters.Create(SealScheme.Bfv, degree, primes, 65537));
        Assert.Contains("Guidelines2024", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<SealFormatException>(() => SealParameters.Parse(interop.ToBytes()));
    }

    [Fact]
    public void Nothing_above_the_line_of_2018_passes_at_all()
    {
        // 46 + 44 + 16 bits are the line at 4096; 60 bits more are far above either.
        Assert.Throws<SealFormatException>(() => SealParameters.Create(
            SealScheme.Bfv, 4096, [Prime46, Prime44, 1152921504606830593], 65537, SealSecurity.SealInterop2018));
    }

    [Theory]
    [InlineData(4096, new ulong[] { }, 65537, "1 to 64 primes")]
    [InlineData(4096, new ulong[] { Prime16, Prime16 }, 65537, "twice")]
    [InlineData(4096, new ulong[] { 40959 }, 65537, "not a prime")]
    [InlineData(4096, new ulong[] { 8193 }, 17, "not a prime")]
    [InlineData(4096, new ulong[] { 0 }, 17, "not a prime")]
    [InlineData(4096, new ulong[] { ulong.MaxValue }, 17, "not a prime")]
    [InlineData(4000, new ulong[] { Prime16 }, 17, "power of two")]
    [InlineData(512, new ulong[] { Prime16 }, 17, "power of two")]
    [InlineData(65536, new ulong[] { Prime16 }, 17, "power of two")]
    [InlineData(4096, new ulong[] { Prime16 }, 0, "plain modulus")]
    [InlineData(4096, new ulong[] { Prime16 }, 1, "plain modulus")]
    [InlineData(4096, new ulong[] { Prime44 }, 1UL << 60, "plain modulus")]
    [InlineData(4096, new ulong[] { Prime16 }, 40961, "multiple")]
    [InlineData(4096, new ulong[] { Prime16 }, 1 << 16, "not below")]
    public void Each_broken_rule_is_named(int degree, ulong[] primes, ulong plainModulus, string expected)
    {
        SealFormatException refusal = Assert.Throws<SealFormatException>(
            () => SealParameters.Create(SealScheme.Bfv, degree, primes, plainModulus));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ckks_has_no_plain_modulus_and_bgv_is_not_read()
    {
        Assert.Throws<SealFormatException>(() => SealParameters.Create(SealScheme.Ckks, 4096, [Prime44], 2));
        Assert.Throws<SealFormatException>(() => SealParameters.Create((SealScheme)3, 4096, [Prime44], 2));
        Assert.Throws<SealFormatException>(() => SealParameters.Create(0, 4096, [Prime44], 2));
    }

    [Fact]
    public void A_plain_modulus_above_the_data_level_keeps_one_level()
    {
        // t has 47 bits: it fits under 46 + 16 bits, and not under 46 alone.
        SealParameters parameters = SealParameters.Create(SealScheme.Bfv, 4096, [Prime46, Prime16], 1UL << 47);

        Assert.Equal(parameters.KeyParmsId, parameters.DataParmsId);
    }

    private static SealParameters Bfv(ulong[] primes)
        => SealParameters.Create(SealScheme.Bfv, 4096, primes, 1UL << 44);
}
