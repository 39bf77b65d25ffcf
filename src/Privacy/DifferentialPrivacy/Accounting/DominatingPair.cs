using System.Runtime.InteropServices;

namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>
/// Two distributions P, Q that no neighbouring data sets can be told apart better than, and so all that a mechanism's
/// accounting needs to know of it.
/// </summary>
/// <remarks>
/// Zhu, Dong and Wang, "Optimal Accounting of Differential Privacy via Characteristic Function", AISTATS 2022,
/// definition 7 and theorem 10: dominating pairs compose, adaptively too.
/// </remarks>
internal abstract class DominatingPair
{
    /// <summary>
    /// The distribution as atoms in the order of their loss, such that no atom stands for outcomes on both sides of a
    /// boundary.
    /// </summary>
    /// <param name="boundaries">Losses in ascending order.</param>
    /// <remarks>
    /// A continuous distribution gives the nodes of a quadrature: summed over the atoms between two boundaries, any
    /// smooth function of the loss has its integral.
    /// </remarks>
    public abstract List<LossAtom> Atoms(ReadOnlySpan<double> boundaries);

    /// <summary>
    /// The pair when the patient takes part with probability <paramref name="rate"/> only:
    /// (1 − rate)·Q + rate·P against Q.
    /// </summary>
    /// <remarks>
    /// Theorem 11 there: for neighbours that differ by a patient, this pair dominates the removal and its
    /// <see cref="Reversed"/> the addition.
    /// </remarks>
    public DominatingPair Sampled(double rate) => rate == 1 ? this : new SampledPair(this, rate);

    /// <summary>The pair of Q and P.</summary>
    public DominatingPair Reversed() => new ReversedPair(this);

    private sealed class ReversedPair(DominatingPair forward) : DominatingPair
    {
        public override List<LossAtom> Atoms(ReadOnlySpan<double> boundaries)
        {
            double[] mirrored = new double[boundaries.Length];
            for (int i = 0; i < mirrored.Length; i++)
            {
                mirrored[i] = -boundaries[^(i + 1)];
            }

            List<LossAtom> atoms = forward.Atoms(mirrored);
            atoms.Reverse();
            foreach (ref LossAtom atom in CollectionsMarshal.AsSpan(atoms))
            {
                atom = new LossAtom(-atom.Loss, atom.Q, atom.P);
            }

            return atoms;
        }
    }

    // The loss of the sampled pair is l' = ln(1 + rate·(exp(l) − 1)), which rises with the loss l of the pair itself.
    private sealed class SampledPair(DominatingPair whole, double rate) : DominatingPair
    {
        public override List<LossAtom> Atoms(ReadOnlySpan<double> boundaries)
        {
            List<double> ofWhole = new(boundaries.Length);
            foreach (double boundary in boundaries)
            {
                double excess = NearOne.ExpMinusOne(boundary) / rate;
                if (excess > -1)
                {
                    ofWhole.Add(NearOne.LogOnePlus(excess));
                }
            }

            List<LossAtom> atoms = whole.Atoms(CollectionsMarshal.AsSpan(ofWhole));
            foreach (ref LossAtom atom in CollectionsMarshal.AsSpan(atoms))
            {
                double excess = rate * NearOne.ExpMinusOne(atom.Loss);
                double loss = double.IsPositiveInfinity(excess)
                    ? atom.Loss + Math.Log(rate)
                    : NearOne.LogOnePlus(excess);
                atom = new LossAtom(loss, (rate * atom.P) + ((1 - rate) * atom.Q), atom.Q);
            }

            return atoms;
        }
    }
}
