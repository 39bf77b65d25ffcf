using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Networks.Threads;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>One stretch of a network: shapes, where its parameters lie, a forward and a backward pass.</summary>
/// <remarks>
/// <para>
/// The backward pass has two halves. <see cref="BackwardInput"/> carries the gradient to the input and leaves the
/// deltas, which are linear in the gradient of the output. The second half turns inputs and deltas into the gradient of
/// the parameters.
/// </para>
/// <para>
/// Between the two, per-sample clipping reads the norm that each row's gradient would have and scales the row's deltas
/// (book-keeping: Bu, Wang, Zha and Karypis, "Differentially private optimization on large model at small cost", ICML
/// 2023), so a private step differs from a plain one only by the norms.
/// </para>
/// <para>
/// Rows are worked on in parts, by one thread or several. Everything but the parameters' gradient stands for its own
/// row; that gradient is a sum over rows in their order, so parts in their order give the bits of the whole, and
/// threads share its entries, never its sums.
/// </para>
/// </remarks>
internal abstract class Layer(SampleShape input, SampleShape output)
{
    public SampleShape Input { get; } = input;

    public SampleShape Output { get; } = output;

    /// <summary>Floats of the layer's slice of the parameter vector.</summary>
    public virtual int ParameterCount => 0;

    /// <summary>Products Σ delta inputᵀ that give parameters' gradients.</summary>
    public virtual int ProductCount => 0;

    /// <summary>Whether a row's output depends on where in the batch it stands.</summary>
    public virtual bool DependsOnPlace => false;

    /// <summary>The layer's tensors, with offsets in its slice.</summary>
    public virtual IEnumerable<ParameterBlock> Blocks => [];

    /// <summary>Whether the products are all of the parameters' gradient, so that threads can share them.</summary>
    public virtual bool HasOnlyProducts => false;

    /// <summary>Floats of <see cref="LayerFrame.Kept"/>, in proportion to the rows.</summary>
    public virtual int KeptSize(int rows) => 0;

    /// <summary>Floats of <see cref="LayerFrame.Scratch"/>.</summary>
    public virtual int ScratchSize(int rows) => 0;

    /// <summary>Writes the parameters at which training starts.</summary>
    public virtual void Initialise(Span<float> parameters, PhiloxStream random)
    {
    }

    public abstract void Forward(in LayerFrame frame);

    public abstract void BackwardInput(in LayerFrame frame);

    /// <summary>The inputs and deltas of product <paramref name="index"/>, after <see cref="BackwardInput"/>.</summary>
    public virtual OuterProduct ProductOf(in LayerFrame frame, int index) =>
        throw new ArgumentOutOfRangeException(nameof(index), index, "This layer has no such product.");

    /// <summary>Adds dL/d(parameters), summed over the rows in their order.</summary>
    public virtual void BackwardParameters(in LayerFrame frame, Span<float> gradientToAddTo) =>
        AddProducts(frame, WorkShare.Whole, gradientToAddTo);

    /// <summary>Adds one share of the entries of dL/d(parameters); all shares together add all.</summary>
    public virtual void BackwardParameters(in LayerFrame frame, WorkShare share, Span<float> gradientToAddTo)
    {
        if (HasOnlyProducts)
        {
            AddProducts(frame, share, gradientToAddTo);
        }
        else if (share.IsFirst)
        {
            BackwardParameters(frame, gradientToAddTo);
        }
    }

    /// <summary>Adds to each unit of privacy the squared norm of its part of the gradient.</summary>
    public virtual void AddSquaredNorms(in LayerFrame frame, PrivacyUnits units, Span<double> squaredNorms)
    {
        for (int i = 0; i < ProductCount; i++)
        {
            ProductOf(frame, i).AddSquaredNorms(frame.Width, units, squaredNorms, frame.Scratch);
        }
    }

    /// <summary>Multiplies the deltas of row r by <paramref name="factors"/>[r].</summary>
    public virtual void ScaleDeltas(in LayerFrame frame, ReadOnlySpan<float> factors)
    {
        for (int i = 0; i < ProductCount; i++)
        {
            ScaleRows(frame, ProductOf(frame, i).Deltas, factors);
        }
    }

    /// <summary>Multiplies row r of <paramref name="deltas"/> (B × anything) by its factor.</summary>
    protected static void ScaleRows(in LayerFrame frame, Span<float> deltas, ReadOnlySpan<float> factors)
    {
        int size = deltas.Length / frame.Rows;
        for (int row = 0; row < frame.Rows; row++)
        {
            if (factors[row] != 1f)
            {
                Elementwise.Scale(frame.Width, factors[row], deltas.Slice(row * size, size));
            }
        }
    }

    /// <summary>Refuses a mask that is not of this layer's steps, as after a layer that changed their number.</summary>
    protected static void RequireStepMask(in LayerFrame frame, int steps)
    {
        if (!frame.StepMask.IsEmpty && frame.StepMask.Length != frame.Rows * steps)
        {
            throw new ArgumentException(
                $"The step mask has {frame.StepMask.Length / frame.Rows} steps, and this layer has {steps}.");
        }
    }

    /// <summary>Weights uniform in ±<paramref name="limit"/>.</summary>
    protected static void FillUniform(Span<float> weights, double limit, PhiloxStream random)
    {
        foreach (ref float weight in weights)
        {
            weight = (float)(limit * ((2 * random.NextUnit()) - 1));
        }
    }

    private void AddProducts(in LayerFrame frame, WorkShare share, Span<float> gradientToAddTo)
    {
        for (int i = 0; i < ProductCount; i++)
        {
            ProductOf(frame, i).AddGradient(frame.Width, share, gradientToAddTo, frame.Scratch);
        }
    }
}
