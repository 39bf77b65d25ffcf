namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>The reference transform, one word at a time.</summary>
/// <remarks>
/// Harvey, "Faster arithmetic for number-theoretic transforms", Journal of Symbolic Computation 60, 2014: forward
/// values stay below 4q and inverse values below 2q; only the end reduces to residues. The same steps for every
/// operand.
/// </remarks>
internal static class NttScalar
{
    internal static void Forward(Span<ulong> values, NttTables tables)
    {
        unchecked
        {
            ulong q = tables.Prime;
            NttRoots roots = tables.Scalar;
            int gap = values.Length;
            for (int groups = 1; groups < values.Length; groups *= 2)
            {
                gap /= 2;
                for (int group = 0; group < groups; group++)
                {
                    ulong root = roots.Forward[groups + group];
                    ulong quotient = roots.ForwardQuotients[groups + group];
                    Span<ulong> left = values.Slice(2 * group * gap, gap);
                    Span<ulong> right = values.Slice((2 * group * gap) + gap, gap);
                    for (int i = 0; i < left.Length; i++)
                    {
                        ulong x = Below(left[i], 2 * q);
                        ulong product = LazyProduct(right[i], root, quotient, q);
                        left[i] = x + product;
                        right[i] = x - product + (2 * q);
                    }
                }
            }

            foreach (ref ulong value in values)
            {
                value = Below(Below(value, 2 * q), q);
            }
        }
    }

    internal static void Inverse(Span<ulong> values, NttTables tables)
    {
        unchecked
        {
            ulong q = tables.Prime;
            NttRoots roots = tables.Scalar;
            int gap = 1;
            for (int groups = values.Length / 2; groups >= 2; groups /= 2)
            {
                for (int group = 0; group < groups; group++)
                {
                    ulong root = roots.Inverse[groups + group];
                    ulong quotient = roots.InverseQuotients[groups + group];
                    Span<ulong> left = values.Slice(2 * group * gap, gap);
                    Span<ulong> right = values.Slice((2 * group * gap) + gap, gap);
                    for (int i = 0; i < left.Length; i++)
                    {
                        ulong x = left[i];
                        ulong y = right[i];
                        left[i] = Below(x + y, 2 * q);
                        right[i] = LazyProduct(x - y + (2 * q), root, quotient, q);
                    }
                }

                gap *= 2;
            }

            for (int i = 0; i < gap; i++)
            {
                ulong x = values[i];
                ulong y = values[i + gap];
                values[i] = Below(LazyProduct(x + y, roots.InverseDegree, roots.InverseDegreeQuotient, q), q);
                values[i + gap] =
                    Below(LazyProduct(x - y + (2 * q), roots.LastInverse, roots.LastInverseQuotient, q), q);
            }
        }
    }

    /// <summary>value·factor mod q, up to one q too much.</summary>
    private static ulong LazyProduct(ulong value, ulong factor, ulong quotient, ulong q) =>
        unchecked((value * factor) - (Math.BigMul(value, quotient, out _) * q));

    /// <summary>
    /// Subtracts <paramref name="bound"/> where the value reaches it, without a branch; values below 2^63.
    /// </summary>
    private static ulong Below(ulong value, ulong bound)
    {
        unchecked
        {
            ulong reduced = value - bound;
            return reduced + (bound & (ulong)((long)reduced >> 63));
        }
    }
}
