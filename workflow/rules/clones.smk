"""
Clones: which mutations travel together, in what share of the cancer cells, and since when.
needs  <results>/dna/variants/{patient}.parquet        reads of every somatic variant in every sample with dna
       <results>/dna/variants/{patient}.phased.tsv     which mutations of a gene stand on one copy of it
       <results>/dna/copy_number/{patient}.parquet     coverage of every gene against the normal
       <results>/dna/purity/{patient}.tsv              purity of every sample, as its copies tell it
       <results>/dna/identity/{patient}.tsv            which samples are held out, being another person's
gives  <results>/clones/{patient}/clusters.tsv         a row per mutation and sample: its cluster, its CCF
       <results>/clones/{patient}/tree.tsv             a row per cluster: its parent, and how sure that is
       <results>/clones/{patient}/trees.json           the trees that the data leave, each with its probability
       <results>/clones/{patient}/trajectories.tsv     a row per cluster and sample: CCF, own share
       <results>/clones/{patient}/events.tsv           emergence, extinction, expansion, resistance, two hits of a gene
       <results>/clones/{patient}/growth.tsv           a row per cluster and phase of treatment: its rate
       <results>/clones/{patient}/heterogeneity.tsv    a row per sample: clones, evenness, drivers
       <results>/clones/{patient}/sites.tsv            a row per pair of samples of one time: shared and private
       <results>/clones/{patient}/fit.json             purity per sample, method, diagnostics, warnings
       <results>/gaps/clones/{patient}.tsv             what could not be estimated, and why
"""

CLONES_PATIENTS = COHORT.patients_with("dna")
GAPS += collect("<results>/gaps/clones/{patient}.tsv", patient=CLONES_PATIENTS)


rule clones:
    input:
        known=ACTIONABILITY,
        variants="<results>/dna/variants/{patient}.parquet",
        phased="<results>/dna/variants/{patient}.phased.tsv",
        copy_number="<results>/dna/copy_number/{patient}.parquet",
        purity="<results>/dna/purity/{patient}.tsv",
        identity="<results>/dna/identity/{patient}.tsv",
    output:
        clusters="<results>/clones/{patient}/clusters.tsv",
        tree="<results>/clones/{patient}/tree.tsv",
        trees="<results>/clones/{patient}/trees.json",
        trajectories="<results>/clones/{patient}/trajectories.tsv",
        events="<results>/clones/{patient}/events.tsv",
        growth="<results>/clones/{patient}/growth.tsv",
        heterogeneity="<results>/clones/{patient}/heterogeneity.tsv",
        sites="<results>/clones/{patient}/sites.tsv",
        fit="<results>/clones/{patient}/fit.json",
        gaps="<results>/gaps/clones/{patient}.tsv",
    log:
        "<logs>/clones/{patient}.log",
    benchmark:
        "<benchmarks>/clones/{patient}.tsv"
    wildcard_constraints:
        patient=one_of(CLONES_PATIENTS),
    conda:
        "../../envs/seriome.yaml"
    threads: 1
    resources:
        mem_mb=memory(1500),
        runtime=30,
    params:
        treatments=lambda wildcards: COHORT.rows("treatments", wildcards.patient),
        settings={**CONFIG["clones"], "seed": CONFIG["seed"]},
        code=fingerprint("clones", "dna/consequence", "dna/verdicts", "known"),
    message:
        "clones: {wildcards.patient}"
    script:
        "../scripts/clones.py"
