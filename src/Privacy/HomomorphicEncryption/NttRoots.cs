using System.Numerics;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>The roots that the butterflies of one transform multiply by, in the order in which they are met.</summary>
/// <remarks>
/// Position m + i holds the root of group i in the layer of m groups: ψ^bitrev(m + i) forward, its inverse backward.
/// Beside each root stands the quotient by q that its product needs. N words each.
/// </remarks>
internal sealed class NttRoots
{
    internal NttRoots(int degree, Modulus modulus, ulong root)
    {
        Forward = new ulong[degree];
        Inverse = new ulong[degree];
        int bits = BitOperations.Log2((uint)degree);
        ulong inverseRoot = modulus.Inverse(root);
        ulong power = 1;
        ulong inversePower = 1;
        for (uint i = 0; i < degree; i++)
        {
            Forward[Reverse(i, bits)] = power;
            Inverse[Reverse(i, bits)] = inversePower;
            power = modulus.Multiply(power, root);
            inversePower = modulus.Multiply(inversePower, inverseRoot);
        }

        // The last inverse layer also divides by N: sums by N^−1, differences by N^−1 times their root.
        InverseDegree = modulus.Inverse((ulong)degree);
        LastInverse = modulus.Multiply(Inverse[1], InverseDegree);

        ForwardQuotients = [.. Forward.Select(modulus.Quotient)];
        InverseQuotients = [.. Inverse.Select(modulus.Quotient)];
        InverseDegreeQuotient = modulus.Quotient(InverseDegree);
        LastInverseQuotient = modulus.Quotient(LastInverse);
    }

    private NttRoots(NttRoots words, Modulus modulus)
    {
        Forward = [.. words.Forward.Select(root => Centred(root, modulus))];
        ForwardQuotients = [.. words.Forward.Select(root => CentredRatio(root, modulus))];
        Inverse = [.. words.Inverse.Select(root => Centred(root, modulus))];
        InverseQuotients = [.. words.Inverse.Select(root => CentredRatio(root, modulus))];
        InverseDegree = Centred(words.InverseDegree, modulus);
        InverseDegreeQuotient = CentredRatio(words.InverseDegree, modulus);
        LastInverse = Centred(words.LastInverse, modulus);
        LastInverseQuotient = CentredRatio(words.LastInverse, modulus);
    }

    internal ulong[] Forward { get; }

    internal ulong[] ForwardQuotients { get; }

    internal ulong[] Inverse { get; }

    internal ulong[] InverseQuotients { get; }

    internal ulong InverseDegree { get; }

    internal ulong InverseDegreeQuotient { get; }

    internal ulong LastInverse { get; }

    internal ulong LastInverseQuotient { get; }

    /// <summary>The same roots as double-precision numbers from −q/2 to q/2, quotients as root/q.</summary>
    internal NttRoots AsDoubles(Modulus modulus) => new(this, modulus);

    private static uint Reverse(uint index, int bits)
    {
        uint reversed = 0;
        for (int i = 0; i < bits; i++)
        {
            reversed = (reversed << 1) | ((index >> i) & 1);
        }

        return reversed;
    }

    private static ulong Centred(ulong root, Modulus modulus) =>
        BitConverter.DoubleToUInt64Bits(root > modulus.Value / 2 ? -(double)(modulus.Value - root) : root);

    private static ulong CentredRatio(ulong root, Modulus modulus) => BitConverter.DoubleToUInt64Bits(
        BitConverter.UInt64BitsToDouble(Centred(root, modulus)) / modulus.Value);
}
