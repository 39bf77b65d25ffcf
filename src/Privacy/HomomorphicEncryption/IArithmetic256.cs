using System.Runtime.Intrinsics;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>Arithmetic modulo one prime on four values at a time, each in 64 bits of a vector.</summary>
internal interface IArithmetic256<TSelf>
    where TSelf : struct, IArithmetic256<TSelf>
{
    /// <summary>Whether values inside a transform are something else than words.</summary>
    public static abstract bool Converts { get; }

    /// <summary>The constants of one prime.</summary>
    public static abstract TSelf For(NttTables tables);

    /// <summary>Residues to the values of a transform.</summary>
    public Vector256<ulong> Enter(Vector256<ulong> residues);

    /// <summary>Values of a transform to residues below q.</summary>
    public Vector256<ulong> Leave(Vector256<ulong> values);

    /// <summary>(x, y) → (x + root·y, x − root·y).</summary>
    public void Forward(
        ref Vector256<ulong> x, ref Vector256<ulong> y, Vector256<ulong> root, Vector256<ulong> quotient);

    /// <summary>(x, y) → (x + y, root·(x − y)).</summary>
    public void Inverse(
        ref Vector256<ulong> x, ref Vector256<ulong> y, Vector256<ulong> root, Vector256<ulong> quotient);

    /// <summary>x + y, to be multiplied at once.</summary>
    public Vector256<ulong> Sum(Vector256<ulong> x, Vector256<ulong> y);

    /// <summary>x − y, to be multiplied at once.</summary>
    public Vector256<ulong> Difference(Vector256<ulong> x, Vector256<ulong> y);

    /// <summary>x·factor.</summary>
    public Vector256<ulong> Product(Vector256<ulong> x, Vector256<ulong> factor, Vector256<ulong> quotient);
}
